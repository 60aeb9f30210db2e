"use strict";
// Credentials that a client's calls ask for: a function's, a promise's, or an object's with an `expiration`. When they are asked for,
// cached and refreshed is decided in the native module, once for all languages; here the question is answered.
const { CredentialRetrievalError } = require("../../generated/errors.cjs");
const { credentialsOf, isLate } = require("./client_options.cjs");

/** The runs of functions within which the current context is; made when the first one runs, for it slows down every promise. */
let runs;

class CredentialsSource {
  #given;
  #active = 0;
  /** What the function failed with last: `{ error }`. All calls that waited for it reject with it. */
  failure;

  constructor(given) {
    this.#given = given;
  }

  /** Throws for a call from within a run of the function, which would wait for itself. */
  checkCaller() {
    if (this.#active > 0 && runs.getStore()?.includes(this)) {
      throw new CredentialRetrievalError("the credentials function calls a client that takes its credentials from it; give it a client with credentials of its own");
    }
  }

  /** The answer, as crates/node/src/question.rs reads it. */
  async load(callerClientConfig) {
    const given = this.#given;
    const isFunction = typeof given === "function";
    const found = await (isFunction ? this.#run(() => given({ callerClientConfig })) : given);
    const { accessKeyId, secretAccessKey, sessionToken } = credentialsOf(found);
    const expiration = expiryOf(found);
    this.failure = undefined;
    const source = `the credentials ${isFunction ? "function" : "option"}`;
    return { kind: "credentials", accessKeyId, secretAccessKey, sessionToken, expiration, source };
  }

  /** Notes what the function failed with, and gives the text by which the native module knows it. */
  failed(error) {
    this.failure = { error };
    return "the credentials function failed";
  }

  async #run(given) {
    runs ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)();
    this.#active += 1;
    active += 1;
    try {
      return await runs.run([...(runs.getStore() ?? []), this], given);
    } finally {
      this.#active -= 1;
      active -= 1;
      // What the function left behind keeps its context; and nothing is to be slowed down any more.
      if (active === 0) runs.disable();
    }
  }
}

/** How many functions run, of any client. */
let active = 0;

/** The credentials of a client's option that its calls ask for; nothing for none, and for an object that never expires. */
function askedFor(given) {
  if (given == null || (!isLate(given) && given.expiration == null)) return undefined;
  return new CredentialsSource(given);
}

/** No number of seconds of a date that matters is above this, and no number of milliseconds below. */
const SECONDS = 1e11;

/** When credentials expire, in milliseconds since 1970; nothing for those that do not. */
function expiryOf({ expiration }) {
  if (expiration == null) return undefined;
  const number = typeof expiration === "string" && /^\d+(\.\d+)?$/.test(expiration) ? Number(expiration) : expiration;
  const expiry = typeof number === "number" ? (number < SECONDS ? number * 1e3 : number) : timeIn(number);
  if (Number.isNaN(expiry)) {
    throw new TypeError("credentials.expiration must be a Date, an ISO 8601 text, or a number of seconds or milliseconds since 1970");
  }
  return expiry;
}

function timeIn(value) {
  if (typeof value === "string") return Date.parse(value);
  return typeof value?.getTime === "function" ? Number(value.getTime()) : NaN;
}

module.exports = { askedFor };
