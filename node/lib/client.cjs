"use strict";
// The base of all clients: what one is made of, and `send`.
const { NativeClient } = require("./native.cjs");
const { call } = require("./call.cjs");
const { Command } = require("./command.cjs");
const { configOf, settingsOf } = require("./config.cjs");
const { AbortError } = require("./errors.cjs");
const { fromRecord } = require("./exceptions.cjs");
const { logged } = require("./log.cjs");
const { checkCall, checked, endOf, forCall, forNative, isLate, keysOf, late, provided } = require("./options.cjs");
const { within } = require("./signal.cjs");

/** Credentials from a function are asked for anew this long before they end, while calls go on with those of before. */
const EARLY = 5 * 60_000;
/** This long before their end they are not sent any more, for they may end on the way. */
const MARGIN = 10_000;
/** This long a renewal that failed is not tried again. */
const PAUSE = 10_000;

class Client {
  #service;
  #options;
  #native;
  /** Keys that came after the native client was made, or that end: they go with each call. */
  #keys;
  /** When the keys end, and when they are to be renewed. */
  #end = Infinity;
  #stale = Infinity;
  /** Under way as long as options are asked for. */
  #preparing;

  /** What the client was made with and what that comes to; each setting is a function, as in the AWS SDK. */
  config;

  constructor(service, options = {}) {
    this.#service = service;
    this.#options = checked(options);
    this.config = configOf(service, this.#options, async () => {
      await this.#prepared();
      return settingsOf(this.#native);
    });
  }

  /** Makes the call of a command. With a callback it gives nothing back. */
  send(command, options, callback) {
    if (typeof options === "function") return this.send(command, undefined, options);
    const { logger } = this.#options;
    const sent = this.#send(command, options);
    const promise = logger == null ? sent : logged(logger, command, sent);
    if (callback === undefined) return promise;
    promise.then((output) => callback(null, output), (error) => callback(error));
    return undefined;
  }

  /** Closes the connections that no call uses. */
  destroy() {
    this.#native?.close();
  }

  async #send(command, options) {
    const operation = command instanceof Command ? command.operation : undefined;
    if (operation?.service !== this.#service) throw new TypeError(`send takes a command of ${this.#service.class}, not ${describe(command)}`);
    const signal = options?.abortSignal ?? undefined;
    if (signal !== undefined && typeof signal.addEventListener !== "function") throw new TypeError("abortSignal must be an AbortSignal");
    if (signal?.aborted) throw new AbortError(signal.reason, operation);
    checkCall(options);
    if (this.#isFresh()) return call(this.#native, operation, command.input, signal, forCall(options, this.#keys));
    const started = performance.now();
    const preparing = this.#prepared();
    if (this.#native !== undefined && Date.now() + MARGIN < this.#end) {
      // The calls that need the new keys will tell what went wrong.
      preparing.catch(() => (this.#stale = Date.now() + PAUSE));
    } else {
      await within(preparing, operation, signal, options?.timeout ?? this.#options.timeout);
    }
    return call(this.#native, operation, command.input, signal, forCall(options, this.#keys, performance.now() - started));
  }

  /** Whether calls can be made, with keys that need no renewal. */
  #isFresh() {
    return this.#native !== undefined && Date.now() < this.#stale;
  }

  async #prepared() {
    if (this.#isFresh()) return;
    this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined));
    await this.#preparing;
  }

  /** Asks for what is not there yet, and makes the native client the first time. */
  async #prepare() {
    const names = late(this.#options);
    if (names.length > 0) this.#options = await provided(this.#options, names);
    const { credentials } = this.#options;
    let keys = credentials ?? undefined;
    if (isLate(keys)) {
      const found = await (typeof keys === "function" ? keys({ callerClientConfig: this.config }) : keys);
      keys = keysOf(found);
      // A promise gives its keys once.
      this.#end = typeof credentials === "function" ? endOf(found) : Infinity;
      this.#stale = this.#end - Math.min(EARLY, (this.#end - Date.now()) / 2);
      if (this.#native !== undefined || this.#end < Infinity) this.#keys = keys;
    }
    if (this.#native !== undefined) return;
    try {
      this.#native = new NativeClient(this.#service.name, forNative(this.#options, keys && keysOf(keys)));
    } catch (error) {
      throw error.message.startsWith("{") ? fromRecord(JSON.parse(error.message), this.#service) : error;
    }
  }
}

function describe(command) {
  const name = command === null || command === undefined ? undefined : Object.getPrototypeOf(command)?.constructor?.name;
  return name === undefined ? String(command) : `a ${name}`;
}

module.exports = { Client };
