"use strict";
// A call of the core as a conversation: what it asks of its handlers (see client/answers.cjs), one question at a time, and at its end what
// came of it.
const { attemptOf, requestOf, responseOf } = require("./http.cjs");

class Conversation {
  #next = deferred();
  #reply;
  #isOver = false;

  /**
   * `open` starts the call, given its handlers, and gives a promise of its output. Its deadline counts from `startedAt`, by `performance.now()`.
   * `interrupted` is called with the error of a call that fails while a reply to it is due, as at its deadline.
   */
  constructor(open, startedAt, interrupted) {
    const asking = (question) => {
      this.#reply = deferred();
      this.#next.resolve(question);
      return this.#reply.promise;
    };
    const handlers = {
      startedAt,
      asks: ["request", "attempts", "retries"],
      request: (request) => asking({ kind: "request", request: requestOf(request) }),
      attempt: (_, request) => asking({ kind: "attempt", request: attemptOf(request) }),
      received: (_, outcome) => asking({ kind: "received", ...(outcome instanceof Error ? { error: outcome } : { response: responseOf(outcome) }) }),
      retry: (_, error) => asking({ kind: "retry", error }),
    };
    open(handlers).then(
      (output) => this.#end({ kind: "output", output }),
      (error) => {
        if (this.#reply !== undefined) interrupted(error);
        this.#end({ kind: "failure", error });
      },
    );
  }

  #end(event) {
    this.#isOver = true;
    this.#next.resolve(event);
  }

  /** Whether it has asked something that it has no reply to yet. */
  get isAsking() {
    return this.#reply !== undefined && !this.#isOver;
  }

  /** Its next question; or its end, of the kind `output` or `failure`. */
  async next() {
    const event = await this.#next.promise;
    if (!this.#isOver) this.#next = deferred();
    return event;
  }

  /** Replies to its question: with a request, a response, or nothing, so that it goes on as without the question. */
  reply(reply) {
    const { resolve } = this.#reply;
    this.#reply = undefined;
    resolve(reply);
  }
}

/** @returns {{ promise: Promise<any>, resolve: (value: any) => void }} */
function deferred() {
  let resolve = (_) => {};
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

module.exports = { Conversation };
