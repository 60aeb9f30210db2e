"use strict";
// The errors that have members of their own; generated/errors.cjs has the others, by model/errors.toml.
const { hidden, isNamed, literalName, visible } = require("./error_names.cjs");

const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** The base of every error of this package. */
class ChimelineError extends Error {
  constructor(message, options) {
    super(message, options);
    visible(this, "name", this.name);
    visible(this, "message", this.message);
    hidden(this, "operation", undefined);
    hidden(this, "host", undefined);
    hidden(this, "hint", undefined);
    hidden(this, "attempts", []);
  }

  /** What logs show. The hint is a line of the stack then, and not a property as well. */
  [INSPECT](depth, options, inspect) {
    const { hint, stack } = this;
    const properties = Object.getOwnPropertyDescriptors(this);
    if (typeof hint === "string" && typeof stack === "string" && stack.includes(hint)) delete properties.hint;
    // A property of its own, for otherwise this would be called again.
    Object.assign(properties, { stack: { value: stack }, [INSPECT]: { value: undefined } });
    return inspect(Object.create(Object.getPrototypeOf(this), properties), { ...options, depth });
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
    const [shown, text] = [name ?? this.name, this.message];
    const differs = shown !== this.name;
    // In the order in which errors of the AWS SDK have them.
    visible(this, "$fault", $fault ?? "client");
    visible(this, "$retryable", undefined);
    visible(this, "$metadata", $metadata ?? {});
    visible(this, "name", shown);
    Object.assign(this, members);
    visible(this, "message", text);
    hidden(this, "code", shown);
    hidden(this, "$response", $response);
    hidden(this, "$service", $service);
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
