"use strict";
// What a client makes its calls with: its native client, made at the first call, and the credentials that go with each.
const { call, make } = require("../wire/call.cjs");
const { expiring } = require("../options/credentials.cjs");
const { checkCall, credentialsOf, forCall, forNative, late, provided } = require("../options/client_options.cjs");
const { unwatch, watch, within } = require("../wire/signal.cjs");
const { settingsOf } = require("./resolved_config.cjs");

class Calls {
  #service;
  #options;
  #native;
  #credentials;
  /** Those that go with each call: they expire, or came after the native client was made. */
  #own;
  #inLambda = false;
  /** Under way as long as options are asked for. */
  #preparing;

  constructor(service, options) {
    this.#service = service;
    this.#options = options;
    this.#credentials = expiring(options.credentials);
  }

  /** Makes a call. `config` is what a function that gives credentials is told of its client. */
  async run(operation, input, options, signal, config) {
    checkCall(options);
    if (this.#isReady) return this.#call(operation, input, options, signal);
    return this.#prepareAndCall(operation, input, options, signal, config);
  }

  async #prepareAndCall(operation, input, options, signal, config) {
    const started = performance.now();
    const preparing = this.#prepared(config);
    if (this.#native !== undefined && this.#credentials?.isUsable) {
      // The calls that need the new credentials will tell what went wrong.
      preparing.catch(() => this.#credentials?.postpone());
      return this.#call(operation, input, options, signal);
    }
    // From here to the call's end, so that calls that begin together share one listener.
    const watching = () => {};
    if (signal !== undefined) watch(signal, watching);
    try {
      await within(preparing, operation, signal, options?.timeout ?? this.#options.timeout);
      return await this.#call(operation, input, options, signal, performance.now() - started);
    } finally {
      if (signal !== undefined) unwatch(signal, watching);
    }
  }

  #call(operation, input, options, signal, spent) {
    // Lambda sets it anew for each invocation.
    const trace = this.#inLambda ? process.env._X_AMZN_TRACE_ID : undefined;
    return call(this.#native, operation, input, signal, forCall(options, this.#own, spent, trace));
  }

  async settings(config) {
    await this.#prepared(config);
    return settingsOf(this.#native);
  }

  close() {
    this.#native?.close();
  }

  /** Whether calls can be made, with credentials that need no refresh. */
  get #isReady() {
    return this.#native !== undefined && (this.#credentials === undefined || this.#credentials.isFresh);
  }

  async #prepared(config) {
    if (this.#isReady) return;
    this.#preparing ??= this.#prepare(config).finally(() => (this.#preparing = undefined));
    await this.#preparing;
  }

  /** Asks for what is not there yet, and makes the native client the first time. */
  async #prepare(config) {
    const names = late(this.#options);
    if (names.length > 0) this.#options = await provided(this.#options, names);
    const found = this.#credentials;
    if (found?.isFresh === false) {
      await found.load(config);
      if (this.#native !== undefined || found.expires) this.#own = found.current;
    }
    if (this.#native !== undefined) return;
    const { credentials } = this.#options;
    const given = found?.current ?? (credentials == null ? undefined : credentialsOf(credentials));
    const environment = environmentOf(process.env);
    this.#inLambda = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
    this.#native = await make(this.#service, forNative(this.#options, given), environment);
  }
}

/**
 * The variables as JSON. A worker thread, and a context of Jest or Vitest, has an environment of its own; and the process's may
 * only be read on this thread, which may write it at any time.
 */
function environmentOf(env) {
  const set = Object.entries(env).filter(([, value]) => value != null);
  return JSON.stringify(Object.fromEntries(set.map(([name, value]) => [name.toWellFormed(), String(value).toWellFormed()])));
}

module.exports = { Calls };
