"use strict";

/** On the prototype of an error class: its name. Known to every copy of the package in the process. */
const NAME = Symbol.for("chimeline.error");

/** The error classes of this copy by themselves; a user's subclass is none. */
const names = new WeakMap();

/** Gives a class's errors their name, which minifiers of bundles leave alone. */
function literalName(Class, name) {
  const { prototype } = Class;
  names.set(Class, name);
  Object.defineProperty(prototype, NAME, { value: name });
  Object.defineProperty(prototype, "name", { value: name, writable: true, enumerable: false, configurable: true });
}

/** Whether a value is an error of the class's name, of whichever copy of this package. */
function isNamed(value, Class) {
  return names.has(Class) && isOneOf(value, [names.get(Class)]);
}

/** Whether a value is an error of one of the classes of these names, or of one that derives from it. */
function isOneOf(value, wanted) {
  // Most values that are asked about have none.
  if (value?.[NAME] === undefined) return false;
  for (let at = value; at !== null; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, NAME) && wanted.includes(at[NAME])) return true;
  }
  return false;
}

/** A property that logs of the error do not show. */
function hidden(error, name, value) {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

/** A property that logs, JSON and copies of the error have, behind those that it has already. */
function visible(error, name, value) {
  delete error[name];
  Object.defineProperty(error, name, { value, writable: true, enumerable: true, configurable: true });
}

module.exports = { hidden, isNamed, isOneOf, literalName, visible };
