"use strict";

/** Gives a class's errors their name, which minifiers of bundles leave alone. */
function literalName(Class, name) {
  Object.defineProperty(Class.prototype, "name", { value: name, writable: true, enumerable: false, configurable: true });
}

/** A property that logs of the error do not show. */
function hidden(error, name, value) {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

module.exports = { hidden, literalName };
