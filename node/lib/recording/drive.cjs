"use strict";
// Drives the flows of the native module: each says which call it wants next, and the clients make it. A flow sees outputs as
// JSON. What it gives back refers to them by number, so that callers get the values of their own client.
const errors = require("../../generated/errors.cjs");
const { SERVICE } = require("../client/brands.cjs");
const { getSigned, optionsOf } = require("../client/client.cjs");
const { recordingFunction } = require("../wire/call.cjs");
const native = require("../wire/load_native.cjs");

const MEETINGS = "chime-sdk-meetings";
const PIPELINES = "chime-sdk-media-pipelines";
const MODULES = {
  chime: () => require("../../generated/client-chime.cjs"),
  [PIPELINES]: () => require("../../generated/client-chime-sdk-media-pipelines.cjs"),
  [MEETINGS]: () => require("../../generated/client-chime-sdk-meetings.cjs"),
};
const CLASSES = { chime: "ChimeClient", [PIPELINES]: "ChimeSDKMediaPipelinesClient", [MEETINGS]: "ChimeSDKMeetingsClient" };
const siblings = new WeakMap();

/** What a function of the flows that needs no call gives. */
function evaluated(name, given) {
  return resultOf(JSON.parse(native.recordingFunction(name, plain(given))));
}

function resultOf(step) {
  if (step.failed) throw ownError(step.failed);
  return step.done;
}

/** The clients that a flow calls through: the caller's own, and those of other services that are made like it. */
class Clients {
  #first;
  #byService = new Map();
  #options;

  /** @param {any} through */
  constructor(through, fallback = PIPELINES) {
    const { client, meetings, s3, abortSignal } = through;
    const first = client ?? new (MODULES[fallback]()[CLASSES[fallback]])();
    const service = first?.[SERVICE]?.name;
    if (!Object.hasOwn(CLASSES, service ?? "")) {
      throw new errors.ParamValidationError(`client must be a client of ${Object.keys(CLASSES).join(", ")}, not ${first?.constructor?.name ?? typeof first}`);
    }
    this.#first = first;
    this.#byService.set(service, first);
    if (meetings !== undefined) this.#byService.set(MEETINGS, meetings);
    if (s3 !== undefined) this.#byService.set("s3", s3);
    /** The same without the signal, for what must come to its end. */
    this.unaborted = abortSignal === undefined ? this : new Clients({ client: first, meetings, s3 }, fallback);
    this.#options = abortSignal === undefined ? undefined : { abortSignal };
    this.signal = abortSignal;
    /** The service that pipelines are asked of. */
    this.service = service === MEETINGS ? PIPELINES : service;
  }

  async call({ service, operation, input }) {
    if (service === "s3") return this.#askS3(operation, input);
    if (service === "aws") return getSigned(this.#first, input);
    if (service === "journal") return resultOf(await recordingFunction("journal", plain({ operation, input })));
    const Command = MODULES[service]()[`${operation}Command`];
    return this.#client(service).send(new Command(input), this.#options);
  }

  /** The client of the service that pipelines are asked of. */
  get pipelines() {
    return this.#client(this.service);
  }

  /** Its Region, as flows are told it. */
  async region() {
    const region = await this.#first.config.region();
    return region === "aws-global" ? "us-east-1" : region;
  }

  /** The URL that its calls go to where it is not AWS's own: what stands in for AWS. */
  async standIn() {
    const { endpoint } = await this.#first.config.settings();
    return /\.(amazonaws\.com|api\.aws)(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
  }

  #client(service) {
    const known = this.#byService.get(service);
    if (known !== undefined) return known;
    const kept = siblings.get(this.#first) ?? {};
    siblings.set(this.#first, kept);
    if (kept[service] === undefined) {
      const options = optionsOf(this.#first);
      if (options === undefined) throw new errors.ParamValidationError(`a client of ${service} is needed: give it as meetings`);
      kept[service] = new (MODULES[service]()[CLASSES[service]])(options);
    }
    return kept[service];
  }

  /** By the caller's own functions, for this package knows no client of S3. */
  async #askS3(operation, input) {
    const s3 = this.#byService.get("s3");
    const name = operation === "ListObjectsV2" ? "listObjectsV2" : "presign";
    if (typeof s3?.[name] !== "function") {
      throw new errors.ParamValidationError(`s3 must have a function ${name}: an S3 of @aws-sdk/client-s3 has listObjectsV2; presign(input) gives a URL`);
    }
    const output = await s3[name](input);
    return operation === "ListObjectsV2" ? output : { Url: String(output) };
  }
}

/** A flow under way, and the answers that its result may refer to. */
class Run {
  #plan;
  #answers = [];

  constructor(name, given) {
    this.#plan = new native.RecordingPlan(name, plain(given));
  }

  step(outcome) {
    return JSON.parse(this.#plan.step(outcome));
  }

  async call(clients, call) {
    try {
      const { $metadata: _, ...output } = await clients.call(call);
      this.#answers.push(output);
      return plain({ output });
    } catch (error) {
      this.#answers.push(error);
      return plain({ error: told(error) });
    }
  }

  /** A result, with what the host got in the places that refer to it. */
  result(value) {
    if (Array.isArray(value)) return value.map((item) => this.result(item));
    if (value === null || typeof value !== "object") return value ?? undefined;
    if ("$answer" in value) return value.$path.reduce((found, name) => found[name], this.#answers[value.$answer]);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.result(item)]));
  }

  error(failed) {
    return failed.call === undefined ? ownError(failed) : this.#answers[failed.call];
  }

  /** Lets go of the answers so far, to which nothing refers any more; their numbers stay taken. */
  forget() {
    this.#answers.fill(undefined);
  }
}

function told(error) {
  const message = String(error?.message ?? error);
  const status = error?.$metadata?.httpStatusCode;
  return error?.$fault === undefined ? { class: error?.name ?? "Error", message } : { code: error.name, status, message };
}

function ownError({ class: name, message }) {
  return new errors[name](message);
}

/** Goes through a flow: yields what it tells on its way, and returns its result. `events` is an async iterable. */
async function* watch(name, given, clients, events) {
  const run = new Run(name, { service: clients.service, ...given });
  const told = events?.[Symbol.asyncIterator]();
  let next;
  let outcome = "null";
  for (;;) {
    const step = run.step(outcome);
    outcome = '{"output":null}';
    if (step.call) {
      if (name === "follow") run.forget();
      outcome = await run.call(clients, step.call);
    } else if (step.sleep !== undefined) {
      if (told !== undefined) next ??= told.next();
      const event = await sleep(step.sleep, clients.signal, next);
      if (event !== undefined) {
        next = undefined;
        if (!event.done) outcome = plain({ output: event.value });
        else if (step.sleep > 0) await sleep(step.sleep, clients.signal);
      }
    } else if ("emit" in step) {
      yield run.result(step.emit);
    } else if ("done" in step) {
      return run.result(step.done);
    } else {
      throw run.error(step.failed);
    }
  }
}

/** The result of a flow. */
async function drive(name, given, clients) {
  const { value } = await watch(name, given, clients).next();
  return value;
}

function sleep(seconds, signal, until) {
  return new Promise((resolve, reject) => {
    const aborted = () => end(reject, new errors.AbortError(signal.reason));
    const end = (settle, value) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      settle(value);
    };
    const timer = setTimeout(() => end(resolve), seconds * 1000);
    if (signal?.aborted) aborted();
    else signal?.addEventListener("abort", aborted);
    until?.then((event) => end(resolve, event), (error) => end(reject, error));
  });
}

function plain(value) {
  return JSON.stringify(value ?? null);
}

module.exports = { Clients, MEETINGS, MODULES, PIPELINES, drive, evaluated, watch };
