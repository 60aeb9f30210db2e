"use strict";
// What a client's options have each of its calls ask: a request handler of the user's own, which exchanges signed requests for
// responses, and a retry strategy. The methods are those that ../client/answers.cjs describes.
const { attemptOfHandler } = require("./custom_handler.cjs");
const { Retries } = require("./retry_strategy.cjs");

/** The handlers of one call, together with those that it has already; nothing where there are none. */
function withOptionHandlers(given, { handler, retryStrategy }, signal) {
  if (handler === undefined && retryStrategy == null) return given;
  return new OptionHandlers(given, handler, retryStrategy, signal);
}

class OptionHandlers {
  #given;
  #handler;
  #retries;
  #signal;
  /** The error of the handler, which the core knows as an answer of its making. */
  #failure;

  constructor(given, handler, retryStrategy, signal) {
    this.#given = given;
    this.#handler = handler;
    this.#retries = retryStrategy == null ? undefined : new Retries(retryStrategy);
    this.#signal = signal;
  }

  get asks() {
    const own = [this.#handler && "exchanges", this.#retries && "request", this.#retries && "retries"];
    return [...new Set([...(this.#given?.asks ?? []), ...own.filter(Boolean)])];
  }

  async request(request) {
    await this.#retries?.begin();
    return this.#given?.request?.(request);
  }

  attempt(number, request) {
    return this.#given?.attempt?.(number, request);
  }

  received(number, outcome) {
    return this.#given?.received?.(number, outcome);
  }

  async exchange(number, request) {
    this.#failure = undefined;
    if (this.#handler === undefined) return this.#given?.exchange?.(number, request);
    const { response, error } = await attemptOfHandler(this.#handler, request, number, this.#signal);
    this.#failure = error;
    return response;
  }

  async retry(number, error, delay) {
    const decided = await this.#given?.retry?.(number, error, delay);
    return decided ?? this.#retries?.after(this.#failure ?? error, delay);
  }

  /** The handler's own error, where the call failed by it. */
  raised({ attempts }) {
    const error = this.#failure;
    if (error === undefined) return undefined;
    addMetadata(error, { attempts: attempts.length, totalRetryDelay: attempts.reduce((sum, { delay }) => sum + (delay ?? 0), 0) });
    return { error };
  }

  /** What the call comes to, with how long the strategy itself waited. */
  async ended(calling) {
    try {
      const output = await calling;
      output.$metadata.totalRetryDelay += this.#waited;
      return output;
    } catch (/** @type {any} */ error) {
      if (this.#waited > 0 && error?.$metadata !== undefined) addMetadata(error, { totalRetryDelay: (error.$metadata.totalRetryDelay ?? 0) + this.#waited });
      throw error;
    }
  }

  get #waited() {
    return this.#retries?.waited ?? 0;
  }
}

/** As the AWS SDK does, where the error can have it. */
function addMetadata(error, metadata) {
  try {
    error.$metadata = { ...error.$metadata, ...metadata };
  } catch {
    // It is frozen, or no object.
  }
}

module.exports = { withOptionHandlers };
