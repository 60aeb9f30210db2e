"use strict";
// A recording in one scope: it runs while a function does, or until it is disposed of, and is stopped whatever ends that.
const errors = require("../../generated/errors.cjs");
const { MODULES, drive } = require("./drive.cjs");
const { ExitStopper } = require("./exit.cjs");
const { logged } = require("./logging.cjs");

/** How long it may take until the service records, in seconds. */
const BEGINNING = 120;
const SIGNALS = ["SIGINT", "SIGTERM"];
/** The longest delay of a timer, in seconds. */
const LONGEST = (2 ** 31 - 1) / 1000;

class Recording {
  /** The MediaCapturePipeline, once it runs. */
  pipeline;
  /** What the stop gave, once it is confirmed. */
  stopped;
  #clients;
  #start;
  #stop;
  #maxDuration;
  #signals;
  #exit;
  #timer;
  #ending;
  #over = new AbortController();
  #removers = [];

  constructor(clients, { max_duration: maxDuration, signals = false, ...start }) {
    if (maxDuration != null && !(typeof maxDuration === "number" && maxDuration > 0 && maxDuration <= LONGEST)) {
      throw new errors.ParamValidationError(`maxDuration must be a number of seconds above 0 and up to ${Math.floor(LONGEST)}, not ${String(maxDuration)}`);
    }
    const names = signals === true ? SIGNALS : signals || [];
    if (!Array.isArray(names) || names.some((name) => !Object.hasOwn(process.getBuiltinModule("node:os").constants.signals, name))) {
      throw new errors.ParamValidationError(`signals must be true, or a list of names such as "SIGTERM", not ${String(signals)}`);
    }
    const journal = start.journal == null ? {} : { journal: start.journal, guard: globalThis.crypto.randomUUID() };
    this.#clients = clients;
    this.#start = { ...start, ...journal };
    this.#stop = { ...journal, concatenate_to: start.concatenate_to, retry: 60 };
    this.#maxDuration = maxDuration;
    this.#signals = names;
  }

  /** The MediaPipelineId. */
  get pipelineId() {
    return this.pipeline.MediaPipelineId;
  }

  /** Aborts when the recording is over: by its longest duration, the caller's signal or one of the process. */
  get signal() {
    return this.#over.signal;
  }

  /** Starts it, and waits until the service records. */
  async begin() {
    const { signal, unaborted } = this.#clients;
    if (signal?.aborted) throw new errors.AbortError(signal.reason);
    // A start that is cut off would leave what it has made: it comes to its end, and is then stopped.
    const region = await unaborted.region();
    this.pipeline = await drive("start_recording", { ...this.#start, region }, unaborted).catch((error) => this.#notStarted(error));
    try {
      this.#exit = new ExitStopper(unaborted.pipelines);
      await this.#exit.arm(unaborted.service, this.pipelineId, this.#stop.concatenate_to);
      this.#listen(signal);
      const { waitUntilMediaCapturePipelineInProgress: wait } = MODULES[unaborted.service]();
      const input = { MediaPipelineId: this.pipelineId };
      await wait({ client: unaborted.pipelines, maxWaitTime: BEGINNING, minDelay: 0.5, maxDelay: 5, abortSignal: this.#over.signal }, input);
    } catch (error) {
      throw await this.#failed(signal?.aborted ? new errors.AbortError(signal.reason) : error);
    }
    if (this.#maxDuration != null) this.#timer = setTimeout(() => this.#cut("the longest duration is over"), this.#maxDuration * 1000);
  }

  #notStarted(error) {
    if (error.$fault === undefined && error.$metadata?.attempts > 0) {
      const { meeting } = this.#start;
      const name = typeof meeting === "string" ? meeting : (meeting.Meeting ?? meeting).MeetingId;
      logged(this.#clients.pipelines)(`the meeting ${name} may be recorded, for its start was not answered: ${error.message}. This stops it: chimeline stop ${name}`);
    }
    throw error;
  }

  /** Runs a function within it, and gives what that gives. Its error is the one that is raised. */
  async around(body) {
    let value;
    try {
      value = await this.#unlessAborted(body);
    } catch (error) {
      throw await this.#failed(error);
    }
    await this.stop();
    return value;
  }

  /** Stops it, once; a stop is tried again until the service confirms it. */
  stop() {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.stop();
  }

  async #end() {
    clearTimeout(this.#timer);
    for (const remove of this.#removers) remove();
    try {
      this.stopped = await drive("stop_recording", { ...this.#stop, target: this.pipeline }, this.#clients.unaborted);
      this.#exit?.disarm();
      return this.stopped;
    } catch (error) {
      this.#exit?.disarm();
      const { message } = /** @type {Error} */ (error);
      logged(this.#clients.pipelines)(`${this.pipelineId} may still record, for its stop failed: ${message}. This stops it: chimeline stop ${this.pipelineId}`);
      throw error;
    }
  }

  /** The error of what ran within it, after the stop, whose own error is attached to it. */
  async #failed(error) {
    try {
      await this.stop();
    } catch (stopError) {
      if (Object(error) === error && Object.isExtensible(error)) Object.defineProperty(error, "stopError", { value: stopError, enumerable: true, configurable: true, writable: true });
    }
    return error;
  }

  /** Stops it though its body goes on. Who ends the body learns of an error. */
  #cut(reason) {
    this.#over.abort(new errors.AbortError(reason));
    return this.stop().catch(() => {});
  }

  async #unlessAborted(body) {
    const { signal } = this.#clients;
    if (signal === undefined) return body(this);
    let onAbort;
    const aborted = new Promise((_, reject) => {
      onAbort = () => reject(new errors.AbortError(signal.reason));
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort);
    });
    try {
      return await Promise.race([aborted, (async () => body(this))()]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #listen(signal) {
    if (signal !== undefined) {
      const onAbort = () => void this.#cut(signal.reason);
      signal.addEventListener("abort", onAbort);
      this.#removers.push(() => signal.removeEventListener("abort", onAbort));
      if (signal.aborted) this.#over.abort(new errors.AbortError(signal.reason));
    }
    for (const name of this.#signals) {
      const onSignal = async () => {
        await this.#cut(`${name} came`);
        process.off(name, onSignal);
        // Nobody else has a say in it: the process ends as it would have.
        if (process.listenerCount(name) === 0) process.kill(process.pid, name);
      };
      process.on(name, onSignal);
      this.#removers.push(() => this.#over.signal.aborted || process.off(name, onSignal));
    }
  }
}

module.exports = { Recording };
