"use strict";
// Credentials given in code that may expire: a function's, a promise's, or an object with an `expiration`.
const { CredentialRetrievalError } = require("../../generated/errors.cjs");
const { credentialsOf, isLate } = require("./client_options.cjs");

/** A function is called again this long before its credentials expire, while calls go on with those of before. */
const EARLY = 5 * 60_000;
/** This long before they expire credentials are not sent any more, for they may expire on the way. */
const MARGIN = 10_000;
/** This long a refresh that failed is not tried again. */
const PAUSE = 10_000;

class ExpiringCredentials {
  #given;
  #expiry = -Infinity;
  #refreshAt = -Infinity;
  /** Those loaded last. */
  current;

  constructor(given) {
    this.#given = given;
  }

  get expires() {
    return this.#expiry < Infinity;
  }

  /** Whether there is nothing to load. */
  get isFresh() {
    return Date.now() < this.#refreshAt;
  }

  /** Whether calls may go on with those of before while others are loaded. */
  get isUsable() {
    return Date.now() + MARGIN < this.#expiry;
  }

  async load(callerClientConfig) {
    const given = this.#given;
    const isFunction = typeof given === "function";
    const found = await (isFunction ? given({ callerClientConfig }) : given);
    const credentials = credentialsOf(found);
    const expiry = expiryOf(found);
    const now = Date.now();
    if (expiry <= now + MARGIN) {
      const source = isFunction ? "the credentials function gave credentials that" : "the credentials";
      const when = expiry <= now ? "expired at" : `expire within ${MARGIN / 1e3} s, at`;
      const cure = isFunction ? "" : "; give a function, which is called again before they expire";
      throw new CredentialRetrievalError(`${source} ${when} ${timeOf(expiry)}, and were not used${cure}`);
    }
    this.current = credentials;
    this.#expiry = expiry;
    // A promise gives its credentials once.
    this.#refreshAt = isFunction ? Math.max(expiry - EARLY, now + (expiry - now) / 2) : expiry - MARGIN;
  }

  /** Leaves a refresh that failed for later. */
  postpone() {
    this.#refreshAt = Date.now() + PAUSE;
  }
}

/** The credentials of a client's option that have to be looked after here; nothing for none, and for an object that never expires. */
function expiring(given) {
  if (given == null || (!isLate(given) && given.expiration == null)) return undefined;
  return new ExpiringCredentials(given);
}

/** No number of seconds of a date that matters is above this, and no number of milliseconds below. */
const SECONDS = 1e11;

/** When credentials expire, in milliseconds since 1970; Infinity for those that do not. */
function expiryOf({ expiration }) {
  if (expiration == null) return Infinity;
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

function timeOf(milliseconds) {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
}

module.exports = { expiring };
