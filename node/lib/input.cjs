"use strict";
// What the native module takes: JSON, or tagged JSON for an input that holds what JSON cannot say. The tags are described in
// crates/node/src/input/read.rs.

/** No input of these services is deeper; what is, is circular or wrong. */
const DEPTH = 32;

/** The input as JSON, or nothing if JSON would change it. */
function plain(input) {
  return isPlain(input, 0) ? JSON.stringify(input) : undefined;
}

function isPlain(value, depth) {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < DEPTH && (Array.isArray(value) ? isPlainArray(value, depth + 1) : isPlainObject(value, depth + 1)));
    default:
      return false;
  }
}

function isPlainArray(items, depth) {
  if (typeof items.toJSON === "function") return false;
  for (let i = 0; i < items.length; i++) {
    if (!isPlain(items[i], depth)) return false;
  }
  return true;
}

function isPlainObject(object, depth) {
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in object) {
    const value = object[key];
    // An undefined member is an absent one, in JSON too.
    if (value !== undefined && !isPlain(value, depth)) return false;
  }
  return true;
}

/** The input as tagged JSON. */
function tagged(input) {
  return JSON.stringify(node(input, []));
}

function node(value, ancestors) {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? ["j", value] : ["s", value.toWellFormed()];
    case "boolean":
      return ["j", value];
    case "number":
      return Number.isFinite(value) ? ["j", value] : ["x", "number", String(value)];
    case "bigint":
      return ["n", String(value)];
    case "object":
      return value === null ? ["j", null] : object(value, ancestors);
    default:
      return ["x", typeof value, typeof value === "function" ? `[Function ${value.name}]`.toWellFormed() : String(value).toWellFormed()];
  }
}

function object(value, ancestors) {
  if (ancestors.includes(value)) return ["x", className(value), "[Circular]"];
  if (ancestors.length >= DEPTH) return ["x", className(value), `[nested more than ${DEPTH} deep]`];
  const { types, inspect } = require("node:util");
  if (types.isDate(value)) {
    const time = Date.prototype.getTime.call(value);
    return ["d", Number.isNaN(time) ? null : time];
  }
  const inside = [...ancestors, value];
  if (Array.isArray(value)) return ["a", Array.from(value, (item) => node(item, inside))];
  if (isForeign(types, value)) {
    const text = inspect(value, { depth: 1, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 });
    return ["x", className(value), text.toWellFormed()];
  }
  const members = [];
  for (const key of Object.keys(value)) {
    const member = value[key];
    if (member !== undefined) members.push([key.toWellFormed(), node(member, inside), !key.isWellFormed()]);
  }
  return ["o", members, className(value)];
}

/** Whether it is an object of the language that no structure or map of a service is. */
function isForeign(types, value) {
  return (
    ArrayBuffer.isView(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isPromise(value) ||
    types.isRegExp(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value)
  );
}

function className(value) {
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === "string" && name !== "" ? name.toWellFormed() : "Object";
}

module.exports = { plain, tagged };
