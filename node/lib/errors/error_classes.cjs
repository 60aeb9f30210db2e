"use strict";
// The errors that have members of their own; generated/errors.cjs has the others, by model/errors.toml.
const { hidden, isNamed, literalName } = require("./error_names.cjs");

/** The base of every error of this package. */
class ChimelineError extends Error {
  constructor(message, options) {
    super(message, options);
    hidden(this, "operation", undefined);
    hidden(this, "host", undefined);
    hidden(this, "hint", undefined);
    hidden(this, "attempts", []);
  }

  /** By their names, so that the errors of another copy of this package are known too. */
  static [Symbol.hasInstance](value) {
    return Function.prototype[Symbol.hasInstance].call(this, value) || isNamed(value, this);
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
  constructor(reason, operation, { attempts = [], $metadata = { attempts: 0, totalRetryDelay: 0 } } = {}) {
    super("The call was aborted", { cause: reason });
    this.operation = operation?.name;
    this.attempts = attempts;
    this.$metadata = $metadata;
  }
}

const classes = { ChimelineError, ServiceException, ParamValidationError, AbortError };
for (const name of Object.keys(classes)) literalName(classes[name], name);

module.exports = classes;
