"use strict";
// A call through middleware. Its parts, from the outside in, each calling the next by `next(args)`:
//
//   outer      initialize, and what stands before the serializer      once a call; there is no request yet
//   building   serialize, build, and what stands before the retries   once a call, with the request that all attempts start from
//   attempting finalizeRequest, and what stands before the deserializer   for each attempt, with its request, signed after the last of them
//   exchanging deserialize                                            for each attempt, with the response as it came
//
// A part that answers by itself calls no next; one may call it more than once, which sends again. Inputs are checked, and requests made,
// signed and retried by the core, which asks for the rest: see crates/core/src/call/questions.rs.
const { Dialogue } = require("./dialogue.cjs");
const { responded, sent } = require("./http.cjs");

const PROCEED = { answer: { kind: "proceed" } };

/** What the core asks of a call that goes through middleware. */
const QUESTIONS = ["request", "attempts", "retries"];

class Onion {
  #parts;
  #context;
  #open;
  #interrupt;
  /** The calls of the core that this call has come to: mostly one. */
  #dialogues = new Set();
  #response;

  /**
   * `parts` has the middleware of each part, in its order; `open(input, once)` starts a call of the core, of one attempt with `once`, and is
   * what a `Dialogue` takes.
   */
  constructor(parts, context, open) {
    this.#parts = parts;
    this.#context = context;
    this.#open = open;
  }

  /** What the call comes to, `{ output, response }`. */
  async run(args) {
    const interrupted = new Promise((_, reject) => (this.#interrupt = reject));
    interrupted.catch(() => {});
    try {
      const result = this.#through("outer", (given) => this.#built(given))(args);
      // Once the call has failed at its deadline, nobody waits for the middleware.
      Promise.resolve(result).catch(() => {});
      return await Promise.race([result, interrupted]);
    } finally {
      for (const dialogue of this.#dialogues) dialogue.close();
    }
  }

  #through(part, handler) {
    return this.#parts[part].reduceRight((next, middleware) => middleware(next, this.#context), handler);
  }

  #opened(input, once) {
    const dialogue = new Dialogue(this.#open(input, once), (error) => this.#interrupt(error));
    this.#dialogues.add(dialogue);
    return dialogue;
  }

  /** From the input on. */
  async #built(args) {
    let first = this.#opened(args.input, false);
    const { request } = asked(await first.next(), "request");
    return this.#through("building", async (given) => {
      const answer = sent(given.request);
      let dialogue = first;
      // A second next() is a call of its own.
      if (!dialogue.isAsking) {
        dialogue = this.#opened(given.input, false);
        asked(await dialogue.next(), "request");
      }
      dialogue.reply(answer);
      return this.#attempted(dialogue, given);
    })({ ...args, request });
  }

  /** From the request that all attempts start from on: attempts, until one is the last. */
  async #attempted(dialogue, args) {
    for (;;) {
      const attempt = asked(await dialogue.next(), "attempt");
      const state = { dialogue, isSent: false, failure: undefined };
      try {
        return await this.#through("attempting", (given) => this.#exchanged(state, given))({ ...args, request: attempt.request });
      } catch (error) {
        // Whether another attempt follows is the core's to say of its own errors; one of a middleware's is the call's.
        if (!dialogue.isAsking || state.failure === undefined || state.failure !== error) throw error;
        dialogue.reply(PROCEED);
      }
    }
  }

  /** From the request of an attempt on: what the core makes of its response. */
  async #exchanged(state, args) {
    if (state.isSent) return this.#again(args);
    state.isSent = true;
    const { dialogue } = state;
    const exchange = { received: undefined };
    const send = async ({ request }) => {
      dialogue.reply(sent(request));
      exchange.received = asked(await dialogue.next(), "received");
      if (exchange.received.error !== undefined) throw exchange.received.error;
      return { response: exchange.received.response };
    };
    let response;
    try {
      ({ response } = await this.#through("exchanging", send)(args));
    } catch (error) {
      if (error !== exchange.received?.error) throw error;
    }
    if (response === undefined) dialogue.reply(PROCEED);
    else dialogue.reply(this.#parts.exchanging.length === 0 ? PROCEED : responded(response));
    this.#response = response ?? this.#response;
    return this.#judged(state, response);
  }

  /** What the core makes of a response: an output, or an error, which may be followed by another attempt. */
  async #judged(state, response) {
    const event = await state.dialogue.next();
    if (event.kind !== "retry") return { response, output: finished(event) };
    if (event.error === undefined) {
      state.dialogue.reply(PROCEED);
      return this.#judged(state, response);
    }
    state.failure = event.error;
    throw event.error;
  }

  /** A request that a middleware sends once more within an attempt: a call of one attempt. */
  async #again(args) {
    const dialogue = this.#opened(args.input, true);
    asked(await dialogue.next(), "request");
    dialogue.reply(sent(args.request));
    asked(await dialogue.next(), "attempt");
    return this.#exchanged({ dialogue, isSent: false, failure: undefined }, args);
  }
}

/** A question of the kind; what the call came to instead is thrown, for only a failure comes before it is answered. */
function asked(event, kind) {
  if (event.kind === kind) return event;
  finished(event);
  throw new Error(`the call asked for its ${event.kind} where its ${kind} was due`);
}

function finished(event) {
  if (event.kind === "failure") throw event.error;
  return event.output;
}

module.exports = { Onion, QUESTIONS };
