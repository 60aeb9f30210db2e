"use strict";
// A call under way as a conversation: what it asks, one question at a time, and at its end what came of it.

/**
 * One call. `open` starts it, `(answer, signal) => Promise<output>`: it asks by `await answer(question)` and gives its output or fails; the
 * signal ends it early.
 */
class Dialogue {
  #next = deferred();
  #reply;
  #ending = new AbortController();
  #isOver = false;

  /** `interrupted` is called with the error of a call that fails while it waits for a reply, as at its deadline. */
  constructor(open, interrupted) {
    const answer = (question) => {
      this.#reply = deferred();
      this.#next.resolve(question);
      return this.#reply.promise;
    };
    open(answer, this.#ending.signal).then(
      (output) => this.#end({ kind: "output", output }),
      (error) => {
        if (this.#reply !== undefined && !this.#ending.signal.aborted) interrupted(error);
        this.#end({ kind: "failure", error });
      },
    );
  }

  #end(event) {
    this.#isOver = true;
    this.#next.resolve(event);
  }

  /** Whether it has asked something that has no reply yet. */
  get isAsking() {
    return this.#reply !== undefined && !this.#isOver;
  }

  /** Its next question, or its end: `{ kind: "output" | "failure" }`. */
  async next() {
    const event = await this.#next.promise;
    if (!this.#isOver) this.#next = deferred();
    return event;
  }

  reply(answer) {
    const reply = this.#reply;
    this.#reply = undefined;
    reply.resolve(answer);
  }

  /** Ends it, if it goes on: nobody needs its outcome. */
  close() {
    if (!this.#isOver) this.#ending.abort();
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve: /** @type {any} */ (resolve) };
}

module.exports = { Dialogue };
