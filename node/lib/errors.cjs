"use strict";
// The errors by hand: the base of all, the services' base, and those of the client's own side.

/** The base of every error of this package. */
class ChimelineError extends Error {
  constructor(message, options) {
    super(message, options);
    hidden(this, "operation", undefined);
    hidden(this, "host", undefined);
    hidden(this, "hint", undefined);
    hidden(this, "attempts", []);
  }
}

/** An error that a service answered. `name` is the code as it was sent. */
class ServiceException extends ChimelineError {
  constructor({ name, message, $fault, $metadata, $response, $service, cause, ...members } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    const differs = name !== undefined && name !== this.name;
    Object.defineProperty(this, "name", { value: name ?? this.name, writable: true, enumerable: true, configurable: true });
    this.$fault = $fault ?? "client";
    this.$metadata = $metadata ?? {};
    hidden(this, "$response", $response);
    hidden(this, "$service", $service);
    Object.assign(this, members);
    // The first line of a stack is written when it is captured.
    if (differs) Error.captureStackTrace(this, new.target);
  }

  /** Whether it is an error that a service answered, as this package makes them. */
  static isInstance(value) {
    return value instanceof ServiceException;
  }
}

class ParamValidationError extends ChimelineError {
  constructor(message, options) {
    super(message, options);
    this.errors = [];
  }
}

class AbortError extends ChimelineError {
  constructor(reason, operation) {
    super("The call was aborted", { cause: reason });
    this.operation = operation?.name;
  }
}

class ConnectionError extends ChimelineError {}
class HTTPClientError extends ChimelineError {}

class CallTimeoutError extends HTTPClientError {
  constructor(message, operation) {
    super(typeof message === "number" ? `the call did not end within its ${message} ms, when calling the ${operation.name} operation` : message);
    this.operation = operation?.name;
  }
}

class InvalidConfigError extends ChimelineError {}
class UnknownServiceError extends ChimelineError {}
class ProfileNotFound extends ChimelineError {}
class NoRegionError extends ChimelineError {}
class InvalidRegionError extends ChimelineError {}
class InvalidEndpointError extends ChimelineError {}
class EndpointVariantError extends ChimelineError {}
class NoCredentialsError extends ChimelineError {}
class PartialCredentialsError extends ChimelineError {}
class CredentialRetrievalError extends ChimelineError {}
class EndpointConnectionError extends ConnectionError {}
class ConnectTimeoutError extends ConnectionError {}
class SSLError extends ConnectionError {}
class ProxyConnectionError extends ConnectionError {}
class ConnectionClosedError extends HTTPClientError {}
class ReadTimeoutError extends HTTPClientError {}
class CallCancelledError extends HTTPClientError {}
class ResponseError extends HTTPClientError {}

const classes = {
  ChimelineError,
  ServiceException,
  ParamValidationError,
  AbortError,
  ConnectionError,
  HTTPClientError,
  CallTimeoutError,
  InvalidConfigError,
  UnknownServiceError,
  ProfileNotFound,
  NoRegionError,
  InvalidRegionError,
  InvalidEndpointError,
  EndpointVariantError,
  NoCredentialsError,
  PartialCredentialsError,
  CredentialRetrievalError,
  EndpointConnectionError,
  ConnectTimeoutError,
  SSLError,
  ProxyConnectionError,
  ConnectionClosedError,
  ReadTimeoutError,
  CallCancelledError,
  ResponseError,
};
for (const name of Object.keys(classes)) literalName(classes[name], name);

/** Gives a class's errors their name, which minifiers of bundles leave alone. */
function literalName(Class, name) {
  Object.defineProperty(Class.prototype, "name", { value: name, writable: true, enumerable: false, configurable: true });
}

/** A property that logs of the error do not show. */
function hidden(error, name, value) {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true });
}

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
        if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this, value);
        if (!(value instanceof ServiceException)) return false;
        const sent = value.$service === undefined && service.errors.includes(value.constructor.name);
        return sent || value.$service === service.name || Class.prototype.isPrototypeOf(value);
      }
    },
  }[name];
  literalName(Class, name);
  return Class;
}

/** The error for a record of the native module. `service` gives the classes of what a service answered. */
function fromRecord(record, service) {
  const error = record.service ? answered(record.service, service) : new classes[record.class](record.message);
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

module.exports = { ...classes, exceptionClass, serviceExceptionClass, fromRecord };
