"use strict";
// `chimeline/testing`: the local service inside this process.
const native = require("./native.cjs");
const { fromRecord } = require("./exceptions.cjs");
const { LOCAL } = require("./options.cjs");

/** The keys that the service knows when it is told none. They open nothing but this server. */
const KEYS = { accessKeyId: "AKIDCHIMELINELOCAL", secretAccessKey: "chimeline-local-secret" };

class LocalChime {
  #server;
  #options;

  /** Use `LocalChime.start`. */
  constructor(server, options) {
    this.#server = server;
    this.#options = options;
  }

  static async start(options = {}) {
    const { host, port, region = "us-east-1", credentials = KEYS, accountId, pace, pipelineQuota } = options;
    const text = JSON.stringify({ host, port, region, credentials, accountId, pace, pipelineQuota });
    return new this(telling(() => new native.LocalServer(text)), { region, credentials });
  }

  get url() {
    return this.#running.url;
  }

  get clientOptions() {
    const { region, credentials } = this.#options;
    return { region, endpoint: this.url, credentials: { ...credentials }, [LOCAL]: true };
  }

  get environment() {
    return this.#running.environment();
  }

  advance(milliseconds) {
    if (!(milliseconds >= 0 && milliseconds < Infinity)) throw new TypeError(`advance takes a number of milliseconds from 0 up, not ${milliseconds}`);
    this.#running.advance(milliseconds);
  }

  failNext(times = 1, { status = 503, code = "ServiceUnavailableException" } = {}) {
    const isCount = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 16;
    if (!isCount(times) || !isCount(status)) throw new TypeError(`failNext takes whole numbers, not ${times} and ${status}`);
    telling(() => this.#running.failNext(times, status, String(code)));
  }

  async stop() {
    const server = this.#server;
    this.#server = undefined;
    server?.stop();
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  get #running() {
    if (this.#server === undefined) throw new Error("the local service does not run any more");
    return this.#server;
  }
}

/** What the native call gives, or throws as an error of this package. */
function telling(native) {
  try {
    return native();
  } catch (error) {
    throw error.message.startsWith("{") ? fromRecord(JSON.parse(error.message)) : error;
  }
}

module.exports = { LocalChime };
