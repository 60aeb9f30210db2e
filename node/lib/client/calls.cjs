"use strict";
// What a client makes its calls with: its native client, made at the first call, and what answers the questions of each.
const { Answers } = require("./answers.cjs");
const { NoLogger } = require("./logging.cjs");
const { settingsOf } = require("./resolved_config.cjs");
const { askedFor } = require("../options/credentials.cjs");
const { checkCall, credentialsOf, forCall, forNative, late, provided } = require("../options/client_options.cjs");
const { customHandler } = require("../options/request_handler.cjs");
const { withOptionHandlers } = require("../handlers/option_handlers.cjs");
const { call, findCredentials, getSigned, make } = require("../wire/call.cjs");
const { unwatch, watch, within } = require("../wire/signal.cjs");

class Calls {
  #service;
  #options;
  #native;
  #credentials;
  #inLambda = false;
  /** Under way as long as options are asked for. */
  #preparing;
  /** Called with an operation and its input, it gives the handlers of that call, if any: see answers.cjs. */
  handlers;

  constructor(service, options) {
    this.#service = service;
    this.#options = options;
    this.#credentials = askedFor(options.credentials);
  }

  /**
   * Makes a call. `config` is what a function that gives credentials is told of its client; `middleware` is the handlers of this call, if it
   * goes through middleware.
   */
  async run(operation, input, options, signal, config, middleware) {
    checkCall(options);
    this.#credentials?.checkCaller();
    if (this.#native !== undefined) return this.#call(operation, input, options, signal, config, middleware);
    return this.#prepareAndCall(operation, input, options, signal, config, middleware);
  }

  async #prepareAndCall(operation, input, options, signal, config, middleware) {
    const started = performance.now();
    // From here to the call's end, so that calls that begin together share one listener.
    const watching = () => {};
    if (signal !== undefined) watch(signal, watching);
    try {
      await within(this.#prepared(), operation, signal, options?.timeout ?? this.#options.timeout);
      return await this.#call(operation, input, options, signal, config, middleware, performance.now() - started);
    } finally {
      if (signal !== undefined) unwatch(signal, watching);
    }
  }

  #call(operation, input, options, signal, config, middleware, startedAgo) {
    const { warnAfter } = this.#options.requestHandler;
    const calling = this.#started(operation, input, options, signal, config, middleware, startedAgo);
    return warnAfter === undefined ? calling : warning(calling, warnAfter, config.logger);
  }

  #started(operation, input, options, signal, config, middleware, startedAgo) {
    // What was waited for in middleware counts too, and in all calls of the core that one goes through.
    const began = middleware === undefined ? startedAgo : performance.now() - middleware.startedAt;
    // Lambda sets it anew for each invocation.
    const traceId = this.#inLambda ? process.env._X_AMZN_TRACE_ID : undefined;
    const { requestHandler, retryStrategy } = this.#options;
    const handler = customHandler(config.requestHandler, requestHandler);
    const handlers = withOptionHandlers(middleware ?? this.handlers?.(operation, input), { handler, retryStrategy }, signal);
    if (this.#credentials === undefined && handlers === undefined) {
      return call(this.#native, operation, input, signal, forCall(options, began, traceId));
    }
    const answers = new Answers(operation, this.#credentials, handlers, config);
    // The expiry of credentials goes by this clock, which a test may hold still.
    const asking = { asks: answers.asks, now: Date.now() };
    const calling = call(this.#native, operation, input, signal, forCall(options, began, traceId, asking), answers);
    return handlers?.ended === undefined ? calling : handlers.ended(calling);
  }

  async settings() {
    await this.#prepared();
    return settingsOf(this.#native);
  }

  /** The credentials that calls are signed with, for `client.config`. */
  async credentials(callerClientConfig) {
    const { credentials } = this.#options;
    if (credentials == null) {
      await this.#prepared();
      return findCredentials(this.#native, this.#service);
    }
    const found = await (typeof credentials === "function" ? credentials({ callerClientConfig }) : credentials);
    credentialsOf(found);
    return { ...found, $source: { ...found.$source, CREDENTIALS_CODE: "e" } };
  }

  /** What a URL of another service of AWS gives, signed with the credentials of this client: `{ status, body }`. */
  async getSigned({ service, region, url }, callerClientConfig) {
    await this.#prepared();
    let options;
    if (this.#options.credentials != null) {
      const { accessKeyId, secretAccessKey, sessionToken } = await this.credentials(callerClientConfig);
      options = JSON.stringify({ credentials: { accessKeyId, secretAccessKey, sessionToken } });
    }
    return getSigned(this.#native, this.#service, [service, region, url], options);
  }

  close() {
    this.#native?.close();
  }

  async #prepared() {
    if (this.#native !== undefined) return;
    this.#preparing ??= this.#prepare().finally(() => (this.#preparing = undefined));
    await this.#preparing;
  }

  /** Asks for the options that are functions or promises, and makes the native client. */
  async #prepare() {
    const names = late(this.#options);
    if (names.length > 0) this.#options = await provided(this.#options, names);
    const { credentials } = this.#options;
    const asks = this.#credentials !== undefined;
    const given = asks || credentials == null ? undefined : credentialsOf(credentials);
    const environment = environmentOf(process.env);
    this.#inLambda = Boolean(process.env.AWS_LAMBDA_FUNCTION_NAME);
    this.#native = await make(this.#service, forNative(this.#options, given, asks), environment);
  }
}

/** What a call comes to, with a warning where it takes longer than a `requestTimeout` that ends nothing. */
async function warning(calling, milliseconds, logger) {
  const warn = () => {
    const text = `a request has exceeded its requestTimeout of ${milliseconds} ms (with throwOnRequestTimeout: true it would have failed)`;
    if (logger == null || logger instanceof NoLogger) process.emitWarning(text, "ChimelineWarning");
    else logger.warn?.(text);
  };
  const timer = setTimeout(warn, milliseconds);
  try {
    return await calling;
  } finally {
    clearTimeout(timer);
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
