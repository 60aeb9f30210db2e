"use strict";
// `chimeline/testing`: the local service inside this process.
const native = require("../wire/load_native.cjs");
const { fromRecord } = require("../wire/error_factory.cjs");
const { check } = require("../options/checks.cjs");
const { LOCAL } = require("../options/client_options.cjs");

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
    checkNumbers({ port, pace, pipelineQuota });
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

/** Throws a TypeError for a number that the service cannot have: by its name, its value and its unit. */
function checkNumbers({ port, pace, pipelineQuota }) {
  for (const [name, value] of Object.entries({ port, pace, pipelineQuota })) check(name, value, ["number"]);
  const wrong = (name, value, rule) => new TypeError(`${name} is ${value}, which must be ${rule}`);
  const isCount = (value, max) => value == null || (Number.isInteger(value) && value >= 0 && value <= max);
  if (!isCount(port, 65_535)) throw wrong("port", port, "an integer from 0 to 65535");
  if (pace != null && !(pace >= 0 && pace < Infinity)) throw wrong("pace", pace, "a number of milliseconds from 0 up");
  if (!isCount(pipelineQuota, Number.MAX_SAFE_INTEGER)) throw wrong("pipelineQuota", pipelineQuota, "an integer from 0 up");
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
