"use strict";
// `chimeline/testing`: the local service inside this process.
const native = require("../wire/load_native.cjs");
const { fromRecord } = require("../wire/error_factory.cjs");
const { check } = require("../options/checks.cjs");
const { LOCAL } = require("../options/client_options.cjs");
const { ControlMethods } = require("./local_control.cjs");
const { EventQueue } = require("./local_events.cjs");

class LocalChime extends ControlMethods {
  #server;
  #events;

  /** Use `LocalChime.start`. */
  constructor(server) {
    super();
    this.#server = server;
  }

  static async start(options = {}) {
    checkNumbers(options);
    const { pace, onEvent, ...others } = options;
    if (onEvent != null) checkHandler("onEvent", onEvent);
    // Times that have no unit in their name are milliseconds, as everywhere in JavaScript.
    const transitionDelaySeconds = others.transitionDelaySeconds ?? (pace == null ? undefined : pace / 1000);
    const local = new this(orThrow(() => new native.LocalServer(JSON.stringify({ caBundle: process.env.AWS_CA_BUNDLE || undefined, ...others, transitionDelaySeconds }))));
    if (onEvent != null) local.onEvent(onEvent);
    return local;
  }

  get url() {
    return this.#running.url;
  }

  get notice() {
    return this.#running.notice ?? undefined;
  }

  get clientOptions() {
    const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = this.environment;
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    if (AWS_SESSION_TOKEN !== undefined) credentials.sessionToken = AWS_SESSION_TOKEN;
    return { region: AWS_REGION, endpoint: this.url, credentials, [LOCAL]: true };
  }

  get environment() {
    return this.#running.environment();
  }

  advance(by) {
    const milliseconds = typeof by === "object" && by !== null ? by.seconds * 1000 : by;
    if (!isLength(milliseconds)) throw new TypeError(`advance takes a number of milliseconds >= 0 or { seconds }, not ${by?.seconds ?? by}`);
    this.#running.advance(milliseconds);
  }

  control(method, target, body) {
    const text = orThrow(() => this.#running.control(method, target, body === undefined ? "" : JSON.stringify(body)));
    return text === "" ? undefined : JSON.parse(text);
  }

  onEvent(handler) {
    checkHandler("handler", handler);
    this.#events ??= new EventQueue(this.#running);
    this.#events.handlers.push(handler);
  }

  async flushEvents() {
    await this.#events?.flush();
  }

  failNext(times = 1, { status = 503, code = "ServiceUnavailableException" } = {}) {
    const isCount = (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 16;
    if (!isCount(times) || !isCount(status)) throw new TypeError(`failNext takes whole numbers, not ${times} and ${status}`);
    orThrow(() => this.#running.failNext(times, status, String(code)));
  }

  async stop() {
    const server = this.#server;
    const events = this.#events;
    this.#server = undefined;
    if (server === undefined) return;
    // What came before the end is still handed on.
    await events?.settle();
    server.stop();
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  get #running() {
    if (this.#server === undefined) throw new Error("the local service does not run any more");
    return this.#server;
  }
}

/**
 * A service for the tests of a file, by the hooks of its runner: started before them, as new before each, stopped after them.
 */
function useLocalChime(runner, options) {
  const [before, after] = [runner?.beforeAll ?? runner?.before, runner?.afterAll ?? runner?.after];
  for (const hook of [before, after, runner?.beforeEach]) {
    if (typeof hook !== "function") {
      throw new TypeError("runner must have the hooks before or beforeAll, after or afterAll, and beforeEach");
    }
  }
  let local;
  before(async () => {
    local = await LocalChime.start(options);
  });
  runner.beforeEach(() => local.reset());
  after(() => local?.stop());
  return {
    get local() {
      if (local === undefined) throw new Error("the local service starts with the first test");
      return local;
    },
  };
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

function checkHandler(name, value) {
  if (typeof value !== "function") throw new TypeError(`${name} must be a function, not ${value === null ? "null" : typeof value}`);
}

const isLength = (value) => typeof value === "number" && value >= 0 && value < Infinity;

/** What the native call returns; its failure is thrown as an error of this package. */
function orThrow(native) {
  try {
    return native();
  } catch (error) {
    throw error.message.startsWith("{") ? fromRecord(JSON.parse(error.message)) : error;
  }
}

module.exports = { LocalChime, useLocalChime };
