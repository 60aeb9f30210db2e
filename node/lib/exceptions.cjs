"use strict";
// Makes the classes of the services' errors, and errors out of the records of the native module.
const own = require("./errors.cjs");
const { isOneOf, literalName } = require("./properties.cjs");

const { ServiceException } = own;

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

/** The error for a record of the native module. `service` gives the classes of what a service answered. */
function fromRecord(record, service) {
  const error = record.service ? answered(record.service, service) : new own[record.class](record.message);
  if (record.errors) error.errors = record.errors;
  error.operation = record.operation ?? undefined;
  error.host = record.host ?? undefined;
  error.hint = record.hint ?? undefined;
  error.attempts = record.attempts;
  return error;
}

function answered({ code, message, class: known, members, metadata, headers }, service) {
  const status = metadata.httpStatusCode;
  const Class = known === null ? service.exception : require("../generated/errors.cjs")[known];
  for (const name in metadata) metadata[name] ??= undefined;
  const { Message, message: _, ...rest } = members;
  return new Class({
    ...rest,
    name: typeof code === "string" && code !== "" ? code : String(status),
    message: (typeof message === "string" ? message : message && JSON.stringify(message)) || "UnknownError",
    $fault: status >= 500 ? "server" : "client",
    $metadata: metadata,
    $response: { statusCode: status, headers },
    $service: service.name,
  });
}

module.exports = { exceptionClass, serviceExceptionClass, fromRecord };
