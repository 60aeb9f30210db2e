"use strict";
// The `logger` option, called as the AWS SDK calls it: an object a call, at info or, for a failure, at error; and one an attempt,
// at debug. With `logFormat: "text"` each is a line, made of the record of attempts, which holds no input.
const { asked } = require("./command.cjs");
const { withoutSensitive } = require("../wire/redact.cjs");

/** What `client.config.logger` is where there is none. */
class NoLogger {
  trace() {}
  debug() {}
  info() {}
  warn() {}
  error() {}
}

/** What a call of a client with that configuration tells its logger with; nothing for one without. */
function logOf({ logger, logFormat }) {
  if (logger == null || logger instanceof NoLogger) return undefined;
  return logFormat === "text" ? new TextLog(logger) : new ObjectLog(logger);
}

class ObjectLog {
  #logger;

  constructor(logger) {
    this.#logger = logger;
  }

  succeeded(operation, command, output, took) {
    const { $metadata, ...members } = output;
    const names = namesOf(operation);
    this.#attempts(names, ledgerOf($metadata, took));
    write(this.#logger, "info", () => ({ ...names, ...withoutSensitive(operation, command.input, members), metadata: $metadata }));
  }

  failed(operation, command, error) {
    if (operation === undefined) return;
    const names = namesOf(operation);
    const { attempts = [], $metadata } = Object(error);
    this.#attempts(names, attempts);
    write(this.#logger, "error", () => ({ ...names, input: withoutSensitive(operation, command.input).input, error, metadata: $metadata }));
  }

  #attempts(names, attempts) {
    attempts.forEach((attempt, i) => write(this.#logger, "debug", () => ({ ...names, attempt: i + 1, ...attempt })));
  }
}

class TextLog {
  #logger;

  constructor(logger) {
    this.#logger = logger;
  }

  succeeded(operation, command, { $metadata }, took) {
    this.#lines(command, ledgerOf($metadata, took), `HTTP ${$metadata.httpStatusCode} in ${took.toFixed(1)} ms`);
  }

  /** By its class and code: its text may quote what was sent. */
  failed(operation, command, error) {
    const { attempts = [] } = Object(error);
    const code = attempts.at(-1)?.code;
    this.#lines(command, attempts, `${Object(error).constructor?.name}${code == null ? "" : ` (${code})`}`);
  }

  #lines(command, attempts, outcome) {
    const { service, name } = asked(command) ?? {};
    const call = `${service}.${name}`;
    attempts.forEach((attempt, i) => write(this.#logger, "debug", () => `${call} attempt ${i + 1}: ${lineOf(attempt)}`));
    write(this.#logger, "info", () => `${call}: ${outcome}, attempts: ${attempts.length}`);
  }
}

function namesOf({ name, service }) {
  return { clientName: `${service.class}Client`, commandName: `${name}Command` };
}

function ledgerOf({ httpStatusCode, requestId, history }, took) {
  return history ?? [{ httpStatusCode, code: null, requestId, duration: took, delay: null }];
}

function lineOf({ httpStatusCode, code, requestId, duration, delay }) {
  const waited = delay == null ? "" : `, then waited ${delay.toFixed(1)} ms`;
  return `status ${httpStatusCode}, code ${code}, request id ${requestId}, ${duration.toFixed(1)} ms${waited}`;
}

/** What cannot be written is lost, and never the call's outcome with it. */
function write(logger, level, content) {
  try {
    const written = logger[level]?.(content());
    if (typeof written?.then === "function") written.then(undefined, () => {});
  } catch {
    // The logger's trouble is the logger's.
  }
}

module.exports = { NoLogger, logOf };
