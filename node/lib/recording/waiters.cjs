"use strict";
// Waiters: an operation asked again and again until its result is as wanted, with the results and rules of @smithy/util-waiter.
const { isClientOf } = require("../client/brands.cjs");

/** The greatest delay between two calls in seconds, as the AWS SDK has it where a model says none. */
const MAX_DELAY = 120;

/** The functions of one waiter: `waitForX` gives what came of the wait, `waitUntilX` throws unless it was a success. */
function waiter(name, table, service, clientName, Command) {
  const acceptors = table.acceptors.map((row) => ({ ...row, steps: row.argument === undefined ? [] : steps(row.argument) }));
  const wait = async (title, params, input) => {
    if (!isClientOf(params?.client, service)) throw new TypeError(`${title}: client must be a ${clientName}`);
    return waiting({ minDelay: table.delay, maxDelay: MAX_DELAY, ...params }, () => asked(params.client, new Command(input), acceptors));
  };
  const waitFor = { [`waitFor${name}`]: (params, input) => wait(`waitFor${name}`, params, input) };
  const waitUntil = { [`waitUntil${name}`]: async (params, input) => succeeded(await wait(`waitUntil${name}`, params, input)) };
  return { ...waitFor, ...waitUntil };
}

/** One call, and the state that its outcome stands for. */
async function asked(client, command, acceptors) {
  try {
    const output = await client.send(command);
    return { state: stateOf(acceptors, (row) => matchesOutput(row, output)), reason: output };
  } catch (error) {
    const { name } = /** @type {Error} */ (error);
    return { state: stateOf(acceptors, (row) => row.matcher === "error" && row.expected === name), reason: error };
  }
}

function stateOf(acceptors, matches) {
  return acceptors.find(matches)?.state.toUpperCase() ?? "RETRY";
}

function matchesOutput(row, output) {
  if (row.matcher === "error") return false;
  if (row.matcher === "status") return output.$metadata?.httpStatusCode === row.expected;
  const found = find(output, row.steps);
  if (row.matcher === "path") return found === row.expected;
  if (!Array.isArray(found) || found.length === 0) return false;
  const is = (item) => item === row.expected;
  return row.matcher === "pathAll" ? found.every(is) : found.some(is);
}

/** Asks until the state is another than `RETRY`, the time is over, or a signal aborts. */
async function waiting(params, ask) {
  check(params);
  const signals = [params.abortSignal, params.abortController?.signal].filter((signal) => signal != null);
  const listeners = [];
  const aborted = signals.map(
    (signal) =>
      new Promise((resolve) => {
        const listener = () => resolve({ state: "ABORTED" });
        signal.addEventListener("abort", listener);
        listeners.push(() => signal.removeEventListener("abort", listener));
      }),
  );
  const sleeper = {};
  try {
    return await Promise.race([polling(params, ask, signals, sleeper), ...aborted]);
  } finally {
    clearTimeout(sleeper.timer);
    sleeper.ended = true;
    for (const remove of listeners) remove();
  }
}

async function polling({ minDelay, maxDelay, maxWaitTime }, ask, signals, sleeper) {
  const observedResponses = {};
  const note = (message) => (observedResponses[message] = (observedResponses[message] ?? 0) + 1);
  const end = Date.now() + maxWaitTime * 1000;
  for (let attempt = 0; !sleeper.ended; attempt++) {
    if (attempt > 0) {
      if (signals.some((signal) => signal.aborted)) {
        note("AbortController signal aborted.");
        return { state: "ABORTED", observedResponses };
      }
      const delay = backoff(minDelay * 1000, maxDelay * 1000, attempt, end);
      if (Date.now() + delay > end) return { state: "TIMEOUT", observedResponses };
      await new Promise((resolve) => (sleeper.timer = setTimeout(resolve, delay)));
    }
    const { state, reason } = await ask();
    note(messageOf(reason));
    if (state !== "RETRY") return { state, reason, final: reason, observedResponses };
  }
  return { state: "ABORTED", observedResponses };
}

/** The delay in milliseconds before an attempt: left to chance up to a bound that doubles; a last one shortly before the end. */
function backoff(min, max, attempt, end) {
  if (attempt > Math.log2(max / min) + 1) return max;
  const delay = min + Math.random() * (Math.min(min * 2 ** (attempt - 1), max) - min);
  return Date.now() + delay > end ? Math.max(0, end - Date.now() - 500) : delay;
}

function messageOf(reason) {
  const status = reason?.$response?.statusCode ?? reason?.$metadata?.httpStatusCode;
  if (status) return reason.$response || reason.message ? `${status}: ${reason.message}` : `${status}: OK`;
  return String(reason?.message ?? JSON.stringify(reason) ?? "Unknown");
}

function check({ maxWaitTime, minDelay, maxDelay }) {
  const wrong = (text) => new Error(`WaiterConfiguration.${text}`);
  for (const [name, value] of Object.entries({ maxWaitTime, minDelay, maxDelay })) {
    if (typeof value !== "number" || Number.isNaN(value)) throw new TypeError(`WaiterConfiguration.${name} must be a number of seconds, not ${value}`);
    if (value <= 0) throw wrong(`${name} must be greater than 0`);
  }
  const than = (name, value) => `${name} [${value}] must be greater than WaiterConfiguration.minDelay [${minDelay}] for this waiter`;
  if (maxWaitTime <= minDelay) throw wrong(than("maxWaitTime", maxWaitTime));
  if (maxDelay < minDelay) throw wrong(than("maxDelay", maxDelay));
}

/** The result of a success; throws for any other, by the names of the AWS SDK's errors. */
function succeeded(result) {
  if (result.state === "SUCCESS") return result;
  const seen = new WeakSet();
  const once = (_, value) => {
    if (typeof value !== "object" || value === null) return value;
    if (seen.has(value)) return "[Circular]";
    seen.add(value);
    return value;
  };
  const name = { ABORTED: "AbortError", TIMEOUT: "TimeoutError" }[result.state];
  const reason = { ABORTED: "Request was aborted", TIMEOUT: "Waiter has timed out" }[result.state];
  const error = new Error(JSON.stringify(reason === undefined ? result : { ...result, reason }, once));
  if (name !== undefined) error.name = name;
  throw error;
}

/** A member, with what stands behind it: nothing, `[]` for each item, or `[?Type=='a' || Type=='b']` for some of the items. */
const STEP = /(\w+)(?:\[(?:\?([^\]]*))?(\]))?\.?/g;
const TEST = /(\w+)=='([^']*)'/g;

function steps(path) {
  return Array.from(path.matchAll(STEP), ([, name, tests, close]) => ({
    name,
    isList: close !== undefined,
    tests: Array.from((tests ?? "").matchAll(TEST), ([, member, text]) => [member, text]),
  }));
}

function find(value, path) {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const member = value?.[step.name];
  if (!step.isList) return find(member, rest);
  if (!Array.isArray(member)) return undefined;
  const chosen = member.filter((item) => step.tests.length === 0 || step.tests.some(([name, text]) => item?.[name] === text));
  return chosen.map((item) => find(item, rest)).filter((item) => item !== undefined);
}

module.exports = { waiter };
