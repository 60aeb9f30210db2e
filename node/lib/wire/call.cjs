"use strict";
// One call: from an input to its outcome. The native module resolves every promise with a record, and the errors are made in
// the continuation of the caller's own `await`, so that their stacks show the caller's line.
const { QUESTION, settled } = require("./dialogue.cjs");
const { Bridge } = require("./load_native.cjs");
const { plain, revive, tagged } = require("./values.cjs");
const { AbortError, ChimelineError } = require("../errors/error_classes.cjs");
const { fromRecord } = require("./error_factory.cjs");
const { reasonOf, unwatch, watch } = require("./signal.cjs");

/** What waits for each outcome of this thread, by its number. None of these functions may throw. */
const pending = new Map();
let last = 0;

const bridge = new Bridge();
/** Whether the bridge has `wake`. It lets go of it after the last call, and with it of all that loaded this module. */
let listening = false;

function wake() {
  const text = bridge.drain();
  if (text === null) listening = false;
  if (!text) return;
  for (const record of JSON.parse(text)) {
    const settle = pending.get(record[0]);
    const isQuestion = record[1] === QUESTION;
    // A call that was given up has nobody waiting; others may wait for the answer to what it asks, and learn that there is none.
    if (settle === undefined) {
      if (isQuestion) bridge.answer(record[2].id, null);
      continue;
    }
    if (!isQuestion) pending.delete(record[0]);
    settle(record);
  }
}

function listen() {
  if (listening) return;
  bridge.listen(wake);
  listening = true;
}

/**
 * Makes the call and gives its output. `options` is the JSON of what this call does otherwise than its client; `answers` answers
 * what it asks, if it asks anything.
 */
async function call(native, operation, input, signal, options, answers) {
  let record = await outcomeOf(native, operation, input, signal, options, answers !== undefined);
  if (record[1] === QUESTION) record = await settled(bridge, record, answers);
  const [, success, outcome] = record;
  if (!success) throw typeof outcome === "function" ? outcome() : (answers?.raised(outcome) ?? fromRecord(outcome, operation.service));
  const metadata = outcome.$metadata;
  metadata.requestId ??= undefined;
  metadata.extendedRequestId ??= undefined;
  metadata.cfId ??= undefined;
  if (operation.dates !== null) revive(outcome, operation.dates);
  return outcome;
}

/**
 * The record of the call's outcome: `[number, success, output | error's record | function that makes the error]`; or of its first
 * question, whose `following` is a promise of the record after it.
 */
function outcomeOf(native, operation, input, signal, options, asks) {
  return new Promise((resolve) => {
    if (signal?.aborted) throw new AbortError(reasonOf(signal), operation);
    const text = plain(input);
    const number = fresh();
    let next = resolve;
    const settle =
      signal === undefined && !asks
        ? resolve
        : (record) => {
            const resolveThis = next;
            if (record[1] === QUESTION) record.following = new Promise((resolveNext) => (next = resolveNext));
            else if (signal !== undefined) unwatch(signal, onAbort);
            resolveThis(record);
          };
    const onAbort = () => {
      if (!pending.delete(number)) return;
      const made = JSON.parse(bridge.cancel(number));
      settle([number, false, () => new AbortError(reasonOf(signal), operation, made)]);
    };
    pending.set(number, settle);
    try {
      if (signal !== undefined) watch(signal, onAbort);
      listen();
      const read = text !== undefined && bridge.start(native, number, operation.name, text, false, options);
      if (!read && !bridge.start(native, number, operation.name, tagged(input, operation), true, options)) {
        throw new ChimelineError(`the input of ${operation.name} cannot be read`);
      }
    } catch (error) {
      pending.delete(number);
      if (signal !== undefined) unwatch(signal, onAbort);
      // It may be listening for nothing.
      bridge.cancel(number);
      throw error;
    }
  });
}

/** Makes a client of a service, in this thread's environment of now; this thread does not wait for its files. */
async function make(service, options, environment) {
  const [number, success, outcome] = await arrival((number) => bridge.make(number, service.name, options, environment));
  const native = success ? bridge.made(number) : null;
  if (native === null) throw fromRecord(outcome, service);
  return native;
}

/** The credentials of a client's chain; this thread does not wait for its files and services. */
async function findCredentials(native, service) {
  const [, success, found] = await arrival((number) => bridge.findCredentials(native, number));
  if (!success) throw fromRecord(found, service);
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = found;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === null ? {} : { sessionToken }),
    ...(expiration === null ? {} : { expiration: new Date(expiration) }),
  };
}

/** What a URL of another service of AWS gives, signed with the client's credentials or those of `options`: `{ status, body }`. */
async function getSigned(native, service, target, options) {
  const [, success, answer] = await arrival((number) => bridge.getSigned(native, number, target, options));
  if (!success) throw fromRecord(answer, service);
  return answer;
}

/** What a function of the flows gives that waits for a disk; this thread does not. */
async function recordingFunction(name, given) {
  const [, success, step] = await arrival((number) => bridge.recordingFunction(number, name, given));
  if (!success) throw fromRecord(step);
  return step;
}

/** The record that comes under the number that `begin` begins with. */
function arrival(begin) {
  return new Promise((resolve) => {
    listen();
    const number = fresh();
    pending.set(number, resolve);
    begin(number);
  });
}

/** A number that no call under way has. */
function fresh() {
  do last = (last + 1) >>> 0;
  while (pending.has(last));
  return last;
}

module.exports = { call, findCredentials, getSigned, make, recordingFunction };
