"use strict";
// The `logger` option: a line a call at info, and a line an attempt at debug. Lines are made of the ledger of attempts, which
// holds no input and no secret.
const { asked } = require("./command.cjs");

/** The outcome of the call that a command makes, once the logger was told of it. */
async function logged(logger, command, sent) {
  const started = performance.now();
  const { attempts, outcome } = await sent.then((output) => ofOutput(output, performance.now() - started), ofError);
  const { service, name } = asked(command) ?? {};
  const call = `${service}.${name}`;
  attempts.forEach((attempt, i) => write(logger, "debug", `${call} attempt ${i + 1}: ${lineOf(attempt)}`));
  write(logger, "info", `${call}: ${outcome}, attempts: ${attempts.length}`);
  return sent;
}

/** A line that cannot be written is lost, and never the call's outcome with it. */
function write(logger, level, line) {
  try {
    const written = logger[level](line);
    if (typeof written?.then === "function") written.then(undefined, () => {});
  } catch {
    // The logger's trouble is the logger's.
  }
}

function ofOutput({ $metadata }, took) {
  const { httpStatusCode, requestId, history } = $metadata;
  const attempts = history ?? [{ httpStatusCode, code: null, requestId, duration: took, delay: null }];
  return { attempts, outcome: `HTTP ${httpStatusCode} in ${took.toFixed(1)} ms` };
}

/** By its class and code: its text may quote what was sent. */
function ofError(error) {
  const { attempts = [] } = Object(error);
  const code = attempts.at(-1)?.code;
  return { attempts, outcome: `${Object(error).constructor?.name}${code == null ? "" : ` (${code})`}` };
}

function lineOf({ httpStatusCode, code, requestId, duration, delay }) {
  const waited = delay == null ? "" : `, then waited ${delay.toFixed(1)} ms`;
  return `status ${httpStatusCode}, code ${code}, request id ${requestId}, ${duration.toFixed(1)} ms${waited}`;
}

module.exports = { logged };
