"use strict";
// Retry strategies by the interface of the AWS SDK: acquireInitialRetryToken, refreshRetryTokenForRetry and recordSuccess.

const THROTTLING = new Set([
  "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
  "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledClientException", "ThrottledException",
  "Throttling", "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
]);
const TRANSIENT = new Set(["TimeoutError", "RequestTimeout", "RequestTimeoutException"]);
const TRANSIENT_CODES = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"]);
const TRANSIENT_STATUSES = new Set([500, 502, 503, 504]);

/** Throws a TypeError for what is no strategy. */
function checkStrategy(strategy) {
  const missing = ["acquireInitialRetryToken", "refreshRetryTokenForRetry", "recordSuccess"].filter((name) => typeof strategy[name] !== "function");
  if (missing.length > 0) throw new TypeError(`retryStrategy must have ${missing.join(", ")}, as StandardRetryStrategy of @smithy/util-retry has`);
}

/** The retries of one call. */
class Retries {
  #strategy;
  #token;
  /** How long the strategy itself waited, in milliseconds. */
  waited = 0;

  constructor(strategy) {
    this.#strategy = strategy;
  }

  async begin() {
    this.#token = await this.#strategy.acquireInitialRetryToken("");
  }

  /** After an attempt: milliseconds until the next one, `false` for none, nothing for what the client itself proposes. */
  async after(error, proposed) {
    if (error === undefined) {
      this.#strategy.recordSuccess(this.#token);
      return undefined;
    }
    // The clock was corrected, which is no failure of the service's.
    if (proposed === 0) return undefined;
    try {
      this.#token = await this.#strategy.refreshRetryTokenForRetry(this.#token, infoOf(error));
    } catch {
      // That is how a strategy says that there is no other attempt.
      return false;
    }
    this.waited += this.#token.$retryLog?.acquisitionDelay ?? 0;
    return this.#token.getRetryDelay();
  }
}

function infoOf(error) {
  const retryAfterHint = hintOf(error.$response?.headers?.["retry-after"]);
  return { error, errorType: typeOf(error), ...(retryAfterHint === undefined ? {} : { retryAfterHint }) };
}

function typeOf(error) {
  const status = error.$metadata?.httpStatusCode;
  if (status === 429 || THROTTLING.has(error.name)) return "THROTTLING";
  if (isTransient(error)) return "TRANSIENT";
  return status >= 500 && status <= 599 ? "SERVER_ERROR" : "CLIENT_ERROR";
}

/** Whether another attempt may go better, by the names and codes of the AWS SDK. */
function isTransient(error) {
  if (typeof error !== "object" || error === null || error.name === "AbortError") return false;
  return TRANSIENT.has(error.name) || TRANSIENT_CODES.has(error.code) || TRANSIENT_STATUSES.has(error.$metadata?.httpStatusCode);
}

function hintOf(header) {
  if (header === undefined) return undefined;
  const time = /^\d+$/.test(header) ? Date.now() + Number(header) * 1000 : Date.parse(header);
  return Number.isNaN(time) ? undefined : new Date(time);
}

module.exports = { Retries, checkStrategy, isTransient };
