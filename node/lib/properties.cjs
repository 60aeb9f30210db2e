"use strict";

/** On the prototype of an error class: its name and those of its bases. Known to every copy of the package in the process. */
const NAMES = Symbol.for("chimeline.errors");

/** The error classes of this copy by themselves; a user's subclass is none. */
const names = new WeakMap();

/** Gives a class's errors their name, which minifiers of bundles leave alone. */
function literalName(Class, name) {
  const { prototype } = Class;
  names.set(Class, name);
  Object.defineProperty(prototype, NAMES, { value: [...(prototype[NAMES] ?? []), name], configurable: true });
  Object.defineProperty(prototype, "name", { value: name, writable: true, enumerable: false, configurable: true });
}

/** Whether a value is an error of the class's name, of whichever copy of this package. */
function isNamed(value, Class) {
  return names.has(Class) && isOneOf(value, [names.get(Class)]);
}

/** Whether a value is an error of one of the classes of these names. */
function isOneOf(value, wanted) {
  const known = value?.[NAMES];
  return Array.isArray(known) && known.some((name) => wanted.includes(name));
}

/** A property that logs of the error do not show. */
function hidden(error, name, value) {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

module.exports = { hidden, isNamed, isOneOf, literalName };
