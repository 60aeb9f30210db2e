"use strict";
// The base of all clients: what one is made of, and `send`.
const { SERVICE } = require("./brands.cjs");
const { Calls } = require("./calls.cjs");
const { asked } = require("./command.cjs");
const { configOf } = require("./resolved_config.cjs");
const { AbortError } = require("../errors/error_classes.cjs");
const { fromCaller } = require("../errors/stack.cjs");
const { logOf } = require("./logging.cjs");
const { clientStack, partsOf, withStack } = require("../middleware/client_stack.cjs");
const { throughMiddleware } = require("../middleware/onion.cjs");
const { traced, tracing } = require("../middleware/spans.cjs");
const { checked } = require("../options/client_options.cjs");
const { extended } = require("../options/extensions.cjs");
const { reasonOf } = require("../wire/signal.cjs");

/** Where a client keeps what it makes calls with: a property, so that one behind a Proxy or under Object.create has it too. */
const CALLS = Symbol("chimeline.calls");

/** What each client was made with, for others that are made like it. */
const madeWith = new WeakMap();

class Client {
  /** What the client was made with and what that comes to; each setting is a function, as in the AWS SDK. */
  config;

  constructor(service, options = {}) {
    const given = checked(extended(options));
    madeWith.set(this, options);
    const calls = new Calls(service, given);
    Object.defineProperty(this, CALLS, { value: calls, writable: true, configurable: true });
    this.config = configOf(service, given, () => calls.settings(), () => calls.credentials(this.config));
  }

  /** Makes the call of a command. With a callback it gives nothing back. */
  send(command, options, callback) {
    if (typeof options === "function") return this.send(command, undefined, options);
    const promise = sending(this, command, options);
    if (callback === undefined) return promise;
    promise.then((output) => callback(null, output), (error) => callback(error));
    return undefined;
  }

  /** Closes the connections that no call uses. */
  destroy() {
    this[CALLS].close();
  }

  [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() {
    this.destroy();
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    this.destroy();
  }
}

withStack(Client, clientStack);

/** Makes the call. It is the one async function between the call and its caller, so that the stacks of errors begin there. */
async function sending(client, command, options) {
  const { [CALLS]: calls, [SERVICE]: service, config } = client;
  let log = logOf(config);
  const started = log === undefined ? 0 : performance.now();
  let operation;
  try {
    operation = operationOf(service, command);
    const signal = signalOf(options, operation);
    const parts = partsOf(client, command);
    if (parts?.isLogged === false) log = undefined;
    const tracer = tracing();
    const isPlain = parts === undefined && tracer === undefined;
    const output = await (isPlain ? calls.run(operation, command.input, options, signal, config) : around(parts, tracer, calls, { operation, command, options, signal, config }));
    if (log !== undefined) log.succeeded(operation, command, output, performance.now() - started);
    return output;
  } catch (error) {
    fromCaller(error, sending);
    if (log !== undefined) log.failed(operation, command, error);
    throw error;
  }
}

/** Makes the call through middleware, if it has any, and inside of a span, if spans are made. */
function around(parts, tracer, calls, call) {
  const { operation, command, options, signal, config } = call;
  const run = () => (parts === undefined ? calls.run(operation, command.input, options, signal, config) : throughMiddleware(parts, calls, call));
  return tracer === undefined ? run() : traced(tracer, operation, config.region, run);
}

function operationOf(service, command) {
  const { service: wanted, name } = asked(command) ?? {};
  if (wanted !== service.name || !Object.hasOwn(service.operations, name)) {
    const other = wanted === undefined || wanted === service.name ? "" : `; it is an operation of ${wanted}, whose client takes it`;
    throw new TypeError(`send takes a command of ${service.class}, not ${describe(command)}${other}`);
  }
  return service.operations[name];
}

/** The signal that aborts the call; an AbortError where it has done so already. */
function signalOf(options, operation) {
  const signal = options?.abortSignal ?? undefined;
  if (signal !== undefined && typeof signal.addEventListener !== "function") throw new TypeError("abortSignal must be an AbortSignal");
  if (signal?.aborted) throw new AbortError(reasonOf(signal), operation);
  return signal;
}

function describe(command) {
  const name = command === null || command === undefined ? undefined : Object.getPrototypeOf(command)?.constructor?.name;
  return name === undefined ? String(command) : `a ${name}`;
}

/** What a client, or what is derived from one, was made with. */
function optionsOf(client) {
  for (let at = client; at !== null; at = Object.getPrototypeOf(at)) {
    if (madeWith.has(at)) return madeWith.get(at);
  }
  return undefined;
}

/** What a URL of another service of AWS gives, signed with the credentials of a client: `{ status, body }`. */
function getSigned(client, target) {
  return client[CALLS].getSigned(target, client.config);
}

module.exports = { Client, getSigned, optionsOf };
