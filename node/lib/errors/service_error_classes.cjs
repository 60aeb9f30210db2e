"use strict";
// Makes the classes of the errors that services return.
const { ServiceException } = require("./error_classes.cjs");
const { isOneOf, literalName } = require("./error_names.cjs");

/** The class of a modelled error of the services. */
function exceptionClass(name, $fault) {
  const Class = {
    [name]: class extends ServiceException {
      constructor(options) {
        super({ name, ...options, $fault });
      }
    },
  }[name];
  literalName(Class, name);
  return Class;
}

/** The base of one service's errors. Modelled errors are shared by services, so it goes by the service that sent them. */
function serviceExceptionClass(name, service) {
  const Class = {
    [name]: class extends ServiceException {
      static [Symbol.hasInstance](value) {
        // A user's subclass is what it says.
        if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this, value);
        if (!(value instanceof ServiceException)) return false;
        const sent = value.$service === undefined && isOneOf(value, service.errors);
        return sent || value.$service === service.name || isOneOf(value, [name]);
      }
    },
  }[name];
  literalName(Class, name);
  return Class;
}

module.exports = { exceptionClass, serviceExceptionClass };
