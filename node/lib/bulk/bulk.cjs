"use strict";
// `chimeline/bulk`: one operation for many inputs, as an asynchronous iterator of results.
const errors = require("../../generated/errors.cjs");
const { SERVICE } = require("../client/brands.cjs");
const { MODULES, evaluated } = require("../recording/drive.cjs");
const { identity } = require("./identity.cjs");
const { Journal } = require("./journal.cjs");
const { Pace } = require("./pace.cjs");

const OPTIONS = ["concurrency", "rate", "journal", "progress", "abortSignal"];

/**
 * Makes the call of an operation for each input, which is taken when its turn comes. An input without an idempotency token gets one
 * that follows from the input, so that the same inputs, given again, make nothing twice.
 */
function run(client, operation, inputs, options) {
  return new BulkRun(client, operation, inputs, options ?? {});
}

class BulkRun {
  /** The results so far that are failures. */
  failures = [];
  #client;
  #options;
  #items;
  #journal;
  #operation;
  #results;

  constructor(client, name, inputs, options) {
    const service = client?.[SERVICE];
    if (service === undefined) throw invalid("client", client, "a client of this package");
    check(inputs, options);
    this.#client = client;
    this.#options = { concurrency: 10, ...defined(options) };
    const found = evaluated("bulk_operation", { service: service.name, operation: nameOf(name) });
    this.#operation = { ...found, service };
    this.#items = (inputs[Symbol.asyncIterator] ?? inputs[Symbol.iterator]).call(inputs);
    this.#results = this.#run(Array.isArray(inputs) ? inputs.length : undefined);
  }

  [Symbol.asyncIterator]() {
    return this.#results;
  }

  async *#run(total) {
    const { concurrency, rate, progress, journal, abortSignal } = this.#options;
    if (journal !== undefined) {
      const region = await this.#client.config.region();
      this.#journal = new Journal(journal, this.#operation, region);
      this.#journal.begin(await identity(this.#client));
    }
    const [pace, waiting, ended] = [new Pace(rate), new Set(), new AbortController()];
    const signal = abortSignal === undefined ? ended.signal : AbortSignal.any([abortSignal, ended.signal]);
    const [ready, places] = [[], new Map()];
    const told = (result) => {
      if (result.error !== undefined) this.failures.push(result);
      progress?.(++done, total);
      return result;
    };
    let [done, index, isOver] = [0, 0, false];
    try {
      while (waiting.size > 0 || ready.length > 0 || !isOver) {
        if (ready.length > 0) {
          yield told(ready.shift());
          continue;
        }
        const due = pace.dueIn();
        if (!isOver && due === 0 && waiting.size < concurrency) {
          abortSignal?.throwIfAborted();
          const next = await this.#items.next();
          if (next.done) {
            isOver = true;
            continue;
          }
          const item = this.#item(index++, next.value, places);
          if (item.result !== undefined) {
            ready.push(item.result);
            continue;
          }
          pace.begin();
          const call = this.#call(item, signal).then((result) => {
            waiting.delete(call);
            ready.push(result);
          });
          waiting.add(call);
          continue;
        }
        const room = !isOver && waiting.size < concurrency;
        await Promise.race([...waiting, ...(room ? [sleep(due, signal)] : [])]);
        abortSignal?.throwIfAborted();
      }
    } catch (error) {
      throw abortSignal?.aborted ? new errors.AbortError(abortSignal.reason) : error;
    } finally {
      // Calls under way are aborted; what came of them before is noted.
      ended.abort();
      await Promise.all(waiting);
      this.#journal?.close();
      if (!isOver) await this.#items.return?.();
    }
  }

  /** The next item: its request, or its result where there is one already. */
  #item(index, input, places) {
    if (input === null || typeof input !== "object" || Array.isArray(input)) {
      return { result: { index, input, error: invalid(`inputs[${index}]`, input, "an object"), resumed: false } };
    }
    const { token, operation, service } = this.#operation;
    const named = { service: service.name, operation, input };
    let key;
    try {
      key = evaluated("bulk_item", named);
    } catch (error) {
      // It cannot be written as JSON.
      return { result: { index, input, error, resumed: false } };
    }
    const place = places.get(key) ?? 0;
    places.set(key, place + 1);
    if (place > 0) key = evaluated("bulk_item", { ...named, place });
    const output = this.#journal?.output(key);
    if (output !== undefined) return { result: { index, input, output, resumed: true } };
    if (this.#journal?.isInDoubt(key)) {
      const error = new errors.OutcomeUnknownError(
        `whether an earlier run has carried out inputs[${index}] is not known, and ${operation} takes no token that would make it safe to ` +
          "repeat: look for what it made, and give the input anew without this journal if there is nothing",
      );
      return { result: { index, input, error, resumed: false } };
    }
    return { index, input, key, request: token == null || input[token] != null ? input : { ...input, [token]: key } };
  }

  async #call({ index, input, key, request }, abortSignal) {
    const { operation, service } = this.#operation;
    try {
      this.#journal?.announce(key);
      const Command = MODULES[service.name]()[`${operation}Command`];
      const output = await this.#client.send(new Command(request), { abortSignal });
      this.#journal?.noteDone(key, output);
      return { index, input, output, resumed: false };
    } catch (error) {
      this.#journal?.noteFailed(key, error);
      return { index, input, error, resumed: false };
    }
  }
}

/** The name of an operation given as such, as a method's, or as the class of its commands. */
function nameOf(operation) {
  if (typeof operation !== "function") return operation;
  return operation.prototype?.operation?.name ?? operation.name;
}

function check(inputs, options) {
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  if (unknown.length > 0) throw new TypeError(`run has no option ${unknown.join(", ")}; it takes ${OPTIONS.join(", ")}`);
  if (typeof inputs === "string" || typeof (inputs?.[Symbol.iterator] ?? inputs?.[Symbol.asyncIterator]) !== "function") {
    throw invalid("inputs", inputs, "an iterable of objects");
  }
  const { concurrency, rate, journal, progress, abortSignal } = options;
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1)) throw invalid("concurrency", concurrency, "an integer >= 1");
  if (rate !== undefined && !(Number.isFinite(rate) && rate > 0)) throw invalid("rate", rate, "a positive number of calls per second");
  if (journal !== undefined && typeof journal !== "string" && !(journal instanceof URL)) throw invalid("journal", journal, "the path of a file");
  if (progress !== undefined && typeof progress !== "function") throw invalid("progress", progress, "a function");
  if (abortSignal !== undefined && typeof abortSignal?.addEventListener !== "function") throw invalid("abortSignal", abortSignal, "an AbortSignal");
}

function defined(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function invalid(name, value, rule) {
  const shown = value === null || typeof value !== "object" ? String(value) : (value.constructor?.name ?? "object");
  return new errors.ParamValidationError(`${name} must be ${rule}, not ${shown} of type ${typeof value}`);
}

/** Waits, at most until the signal aborts. */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve(undefined);
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}

module.exports = { BulkRun, run };
