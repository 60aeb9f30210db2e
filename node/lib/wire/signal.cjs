"use strict";
// What ends a wait early: an AbortSignal, or a limit of time.
const { AbortError, CallTimeoutError } = require("../../generated/errors.cjs");

/** One listener for all that waits on a signal, as long as anything does: Node warns of more than ten. */
const watched = new WeakMap();

function watch(signal, onAbort) {
  let entry = watched.get(signal);
  if (entry === undefined) {
    const calls = new Set();
    entry = { calls, listener: () => calls.forEach((call) => call()) };
    watched.set(signal, entry);
  }
  if (entry.calls.size === 0) signal.addEventListener("abort", entry.listener);
  entry.calls.add(onAbort);
}

/** Tidies up after a wait, whose outcome a signal that is not one of Node's cannot change by what it lacks or throws. */
function unwatch(signal, onAbort) {
  const { calls, listener } = watched.get(signal) ?? { calls: new Set() };
  if (!calls.delete(onAbort) || calls.size > 0) return;
  try {
    signal.removeEventListener?.("abort", listener);
  } catch {
    // The listener stays, and has nothing to do.
  }
}

/** Why a signal aborted; a polyfill's may not say. */
function reasonOf(signal) {
  try {
    return signal.reason;
  } catch {
    return undefined;
  }
}

/** The longest that Node's timers wait. */
const LONGEST = 2 ** 31 - 1;

/** What the promise of a call's preparation comes to, unless the signal or the limit in milliseconds comes first. */
function within(promise, operation, signal, limit) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      settle(value);
      clearTimeout(timer);
      if (signal !== undefined) unwatch(signal, onAbort);
    };
    const onAbort = () => end(reject, new AbortError(reasonOf(signal), operation));
    const onLimit = () => {
      const phase = "it was getting options for attempt 1";
      const error = new CallTimeoutError(`the call timed out after ${limit / 1e3} s: ${phase}`);
      error.operation = operation.name;
      end(reject, error);
    };
    const timer = limit > 0 ? setTimeout(onLimit, Math.min(limit, LONGEST)) : undefined;
    if (signal !== undefined) watch(signal, onAbort);
    promise.then((value) => end(resolve, value), (error) => end(reject, error));
  });
}

module.exports = { reasonOf, unwatch, watch, within };
