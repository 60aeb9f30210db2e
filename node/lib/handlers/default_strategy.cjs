"use strict";
// `client.config.retryStrategy()` of a client that was given none: the rules by which the core retries, for programs that call them.

/** Milliseconds before the first retry, at most; and before any. */
const [BASE, THROTTLED, MOST] = [50, 1000, 20_000];

class StandardRetryStrategy {
  mode;
  #maxAttempts;

  constructor(mode, maxAttempts) {
    this.mode = mode;
    this.#maxAttempts = maxAttempts;
  }

  async maxAttempts() {
    return this.#maxAttempts;
  }

  async acquireInitialRetryToken() {
    return tokenOf(0, 0);
  }

  async refreshRetryTokenForRetry(token, { errorType }) {
    const count = token.getRetryCount() + 1;
    if (!["THROTTLING", "TRANSIENT"].includes(errorType) || count >= this.#maxAttempts) throw new Error("No retry token available");
    const base = errorType === "THROTTLING" ? THROTTLED : BASE;
    return tokenOf(count, Math.floor(Math.random() * Math.min(base * 2 ** (count - 1), MOST)));
  }

  recordSuccess() {}
}

function tokenOf(count, delay) {
  return { getRetryCount: () => count, getRetryDelay: () => delay };
}

module.exports = { StandardRetryStrategy };
