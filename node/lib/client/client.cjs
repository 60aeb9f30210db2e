"use strict";
// The base of all clients: what one is made of, and `send`.
const { SERVICE } = require("./brands.cjs");
const { Calls } = require("./calls.cjs");
const { asked } = require("./command.cjs");
const { configOf } = require("./resolved_config.cjs");
const { AbortError } = require("../errors/error_classes.cjs");
const { logged } = require("./logging.cjs");
const { checked } = require("../options/client_options.cjs");
const { reasonOf } = require("../wire/signal.cjs");

/** Where a client keeps what it makes calls with: a property, so that one behind a Proxy or under Object.create has it too. */
const CALLS = Symbol("chimeline.calls");

class Client {
  /** What the client was made with and what that comes to; each setting is a function, as in the AWS SDK. */
  config;

  constructor(service, options = {}) {
    const given = checked(options);
    const calls = new Calls(service, given);
    Object.defineProperty(this, CALLS, { value: calls, writable: true, configurable: true });
    this.config = configOf(service, given, () => calls.settings());
  }

  /** Makes the call of a command. With a callback it gives nothing back. */
  send(command, options, callback) {
    if (typeof options === "function") return this.send(command, undefined, options);
    const { logger } = this.config;
    const sent = sending(this, command, options);
    const promise = logger == null ? sent : logged(logger, command, sent);
    if (callback === undefined) return promise;
    promise.then((output) => callback(null, output), (error) => callback(error));
    return undefined;
  }

  /** Closes the connections that no call uses. */
  destroy() {
    this[CALLS].close();
  }
}

async function sending(client, command, options) {
  const { [CALLS]: calls, [SERVICE]: service, config } = client;
  const { service: wanted, name } = asked(command) ?? {};
  const operation = wanted === service.name && Object.hasOwn(service.operations, name) ? service.operations[name] : undefined;
  if (operation === undefined) throw new TypeError(`send takes a command of ${service.class}, not ${describe(command)}`);
  const signal = options?.abortSignal ?? undefined;
  if (signal !== undefined && typeof signal.addEventListener !== "function") throw new TypeError("abortSignal must be an AbortSignal");
  if (signal?.aborted) throw new AbortError(reasonOf(signal), operation);
  return calls.run(operation, command.input, options, signal, config);
}

function describe(command) {
  const name = command === null || command === undefined ? undefined : Object.getPrototypeOf(command)?.constructor?.name;
  return name === undefined ? String(command) : `a ${name}`;
}

module.exports = { Client };
