"use strict";
// The events of the local service, handed to functions one after another.
class EventQueue {
  /** @type {Array<(event: unknown, context: object) => unknown>} */
  handlers = [];
  #server;
  #base;
  #arrived = 0;
  #done = Promise.resolve();
  #failed;
  #isHandling = false;

  constructor(server) {
    this.#server = server;
    this.#base = this.#end();
    server.onEvent((text) => {
      this.#arrived += 1;
      const event = JSON.parse(text);
      this.#done = this.#done.then(() => this.#handOn(event));
    });
  }

  /** Waits until the handlers have had every event so far, and throws what the first that failed threw. */
  async flush() {
    await this.settle();
    const failed = this.#failed;
    this.#failed = undefined;
    if (failed !== undefined) throw failed.error;
  }

  /** Waits for the handlers, unless it is one of them that asks. */
  async settle() {
    const isHandler = this.#isHandling;
    const end = this.#end();
    // They come in turns of the event loop, which wait for nobody.
    while (this.#base + this.#arrived < end) await new Promise((resolve) => setImmediate(resolve));
    if (!isHandler) await this.#done;
  }

  #end() {
    return JSON.parse(this.#server.control("GET", "/events", "")).next;
  }

  async #handOn(event) {
    for (const handler of this.handlers) {
      try {
        this.#isHandling = true;
        const result = handler(event, {});
        this.#isHandling = false;
        await result;
      } catch (error) {
        this.#isHandling = false;
        this.#failed ??= { error };
        process.emitWarning(`a handler of events failed: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}

module.exports = { EventQueue };
