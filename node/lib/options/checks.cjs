"use strict";
// Types of options, by `typeof`; a promise is a type of its own.

/** Throws a TypeError for a value that is none of the allowed types. Whether a number is one that will do is said at the call. */
function check(name, value, allowed) {
  if (value == null || allowed.includes(typeOf(value))) return;
  throw new TypeError(`${name} must be ${phrase(allowed)}, not ${typeOf(value)}`);
}

function typeOf(value) {
  if (value === null) return "null";
  return typeof value === "object" && typeof value.then === "function" ? "promise" : typeof value;
}

function phrase(types) {
  const list = types.map((type) => (type === "function" ? "a function that gives one" : type === "object" ? "an object" : `a ${type}`));
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`;
}

/**
 * The members of these names of an object, inherited ones and accessors too, each read once.
 * @returns {any}
 */
function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}

module.exports = { check, pick, typeOf };
