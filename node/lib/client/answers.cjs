"use strict";
// The answers to what one call asks: its credentials, and what its handlers do with requests, responses and retries.
//
// Handlers are the internal interface that hooks and middleware are made of. A client whose calls have `handlers` (see calls.cjs) calls
// it at the start of each call with the operation and its input, and has an object, or `undefined` for a call that has no
// handlers. Of that object the methods are called that its `asks` names, where it has them; each may return a promise:
//
//   "request"    request(request): once a call, before its first attempt, with the request that is not signed yet. All of it may be
//                changed, in place or by returning another one; all attempts start from it. Returning a response ends the call.
//   "attempts"   attempt(number, request): each attempt, with the request that is not signed yet; returning a response takes
//                the place of the exchange. received(number, outcome): what came of each exchange, a response or an Error; returning
//                a response replaces it, and returning a request signs and sends that one within the same attempt, as often as it
//                is returned.
//   "exchanges"  exchange(number, request): each attempt, with the signed request. Headers that are not signed may be
//                changed; returning a response takes the place of the exchange, as an HTTP handler of the user's own does.
//   "retries"    retry(number, error, delay): after each attempt, with the Error (`undefined` after a success) and the
//                milliseconds after which the client would try again (`undefined` where it would not). Returning milliseconds
//                has it try again, `false` not; `undefined` is as proposed.
//
// A request is `{ method, url, headers, body }`, a response `{ statusCode, headers, body }`: headers are pairs of name and value, the
// body is a Buffer, or what Buffer.from takes. What a method throws or rejects with ends the call, which rejects with it, without
// a retry. The call's timeout covers the methods, the attempt's does not.
const { typeOf } = require("../options/checks.cjs");
const { fromRecord } = require("../wire/error_factory.cjs");

class Answers {
  #operation;
  #credentials;
  #handlers;
  #config;
  #failure;

  /** `config` is what a function that gives credentials is told of its client. */
  constructor(operation, credentials, handlers, config) {
    this.#operation = operation;
    this.#credentials = credentials;
    this.#handlers = handlers;
    this.#config = config;
  }

  /** The names of what the call asks besides credentials. */
  get asks() {
    return this.#handlers?.asks ?? [];
  }

  /** The answer, as crates/node/src/question.rs reads it; `bodyOf` gives the body of the request or response that is asked about. */
  async answer(question, bodyOf) {
    const { kind, number } = question;
    if (kind === "credentials") return this.#credentials.load(this.#config);
    const error = question.error ? fromRecord(question.error, this.#operation.service) : undefined;
    if (kind === "retry") return retried(await this.#handlers.retry?.(number, error, question.proposed ?? undefined));
    if (kind === "received") {
      const outcome = error ?? { ...question.response, body: bodyOf() };
      return sent(await this.#handlers.received?.(number, outcome));
    }
    if (question.request === undefined) throw new TypeError(`no handler answers ${kind}`);
    const request = { ...question.request, body: bodyOf() };
    const returned = kind === "request" ? this.#handlers.request?.(request) : this.#handlers[kind]?.(number, request);
    return sent((await returned) ?? request);
  }

  /** Notes what a handler or a function threw, and gives the text by which the native module knows it. */
  failed(question, error) {
    if (question.kind === "credentials") return this.#credentials.failed(error);
    this.#failure = { error };
    return "a handler failed";
  }

  /** The error for a reply that the native module refused. */
  refused(record) {
    return fromRecord(record, this.#operation.service);
  }

  /** What a user's function threw, where that is why the call failed. */
  raised(record) {
    if (record.raisedByHost !== true) return record.service ? this.#handlers?.raised?.(record)?.error : undefined;
    const failure = record.class === "CredentialRetrievalError" ? this.#credentials?.failure : this.#failure;
    // Anything can be thrown, which then is what the call rejects with.
    return failure?.error;
  }
}

function sent(returned) {
  if (returned == null) return { kind: "proceed" };
  const { method, url, statusCode, headers, body } = returned;
  if (statusCode !== undefined) return { kind: "respond", statusCode, headers: pairs(headers), body: bytes(body) };
  if (method !== undefined) return { kind: "send", method, url: String(url), headers: pairs(headers), body: bytes(body) };
  throw new TypeError(`a handler must return a request, a response or nothing, not ${typeOf(returned)}`);
}

function retried(returned) {
  if (returned == null) return { kind: "proceed" };
  if (returned === false) return { kind: "retry" };
  if (typeof returned === "number") return { kind: "retry", delay: returned };
  throw new TypeError(`a handler of retries must return milliseconds, false or nothing, not ${typeOf(returned)}`);
}

function pairs(headers) {
  return Array.from(headers ?? [], ([name, value]) => [String(name), String(value)]);
}

function bytes(body) {
  if (body == null) return Buffer.alloc(0);
  return Buffer.isBuffer(body) ? body : Buffer.from(body);
}

module.exports = { Answers };
