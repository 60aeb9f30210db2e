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
const { Conversation } = require("./conversation.cjs");
const { requestFor, responseFor } = require("./http.cjs");
const { withoutSensitive } = require("../wire/redact.cjs");
const { reasonOf, unwatch, watch } = require("../wire/signal.cjs");

class Onion {
  #parts;
  #context;
  #open;
  #interrupt = (_) => {};
  #ending = new AbortController();
  #startedAt = performance.now();

  /**
   * `parts` has the middleware of each part, in its order. `open` starts a call of the core and gives a promise of its output; it takes
   * `{ input, handlers, signal, once }`, and the call is one attempt with `once`.
   */
  constructor(parts, context, open) {
    this.#parts = parts;
    this.#context = context;
    this.#open = open;
  }

  /** What the call comes to, `{ output, response }`. The signal ends it. */
  async run(args, signal) {
    const interrupted = new Promise((_, reject) => (this.#interrupt = reject));
    const onAbort = () => this.#ending.abort(reasonOf(signal));
    if (signal !== undefined) watch(signal, onAbort);
    try {
      // Once the call has failed, as at its deadline, nobody waits for the middleware.
      return await Promise.race([this.#through("outer", (given) => this.#built(given))(args), interrupted]);
    } finally {
      if (signal !== undefined) unwatch(signal, onAbort);
      // A middleware that answered by itself has left a call of the core waiting.
      this.#ending.abort();
    }
  }

  #through(part, handler) {
    return this.#parts[part].reduceRight((next, middleware) => middleware(next, this.#context), handler);
  }

  #opened(input, once) {
    const open = (handlers) => this.#open({ input, handlers, signal: this.#ending.signal, once });
    return new Conversation(open, this.#startedAt, (error) => this.#interrupt(error));
  }

  /** From the input on. */
  async #built(args) {
    const first = this.#opened(args.input, false);
    const { request } = asked(await first.next(), "request");
    for (const name of this.#parts.dropped) delete request.headers[name];
    const building = this.#through("building", async (given) => {
      const changed = requestFor(given.request);
      let call = first;
      // A second next() is a call of its own.
      if (!call.isAsking) {
        call = this.#opened(given.input, false);
        asked(await call.next(), "request");
      }
      call.reply(changed);
      return this.#attempted(call, given);
    });
    return building({ ...args, request });
  }

  /** From the request that all attempts start from on: attempts, until one is the last. */
  async #attempted(call, args) {
    for (;;) {
      const { request } = asked(await call.next(), "attempt");
      const attempt = { call, isSent: false, error: undefined };
      try {
        return await this.#through("attempting", (given) => this.#exchanged(attempt, given))({ ...args, request });
      } catch (error) {
        // Whether another attempt follows is the core's to say, and of its own errors alone.
        if (!call.isAsking || attempt.error === undefined || attempt.error !== error) throw error;
        call.reply(undefined);
      }
    }
  }

  /** From the request of an attempt on. */
  async #exchanged(attempt, args) {
    // A second next() is a call of its own, of one attempt.
    if (attempt.isSent) return this.#again(args);
    attempt.isSent = true;
    const { call } = attempt;
    let failure;
    const exchanging = this.#through("exchanging", async ({ request }) => {
      call.reply(requestFor(request));
      const { error, response } = asked(await call.next(), "received");
      failure = error;
      if (error !== undefined) throw error;
      return { response };
    });
    let response;
    try {
      ({ response } = await exchanging(args));
      call.reply(this.#parts.exchanging.length === 0 ? undefined : responseFor(response));
    } catch (error) {
      if (failure === undefined || error !== failure || !call.isAsking) throw error;
      call.reply(undefined);
    }
    return { response, output: await judged(attempt) };
  }

  async #again(args) {
    const call = this.#opened(args.input, true);
    asked(await call.next(), "request");
    call.reply(requestFor(args.request));
    const { request } = asked(await call.next(), "attempt");
    return this.#exchanged({ call, isSent: false, error: undefined }, { ...args, request });
  }
}

/** What the core makes of the response of an attempt: an output, or an error, which another attempt may follow. */
async function judged(attempt) {
  const { call } = attempt;
  const event = await call.next();
  if (event.kind !== "retry") return finished(event);
  if (event.error === undefined) {
    call.reply(undefined);
    return judged(attempt);
  }
  attempt.error = event.error;
  throw event.error;
}

/** A question of that kind; before it is asked, a call can only have failed. */
function asked(event, kind) {
  if (event.kind === kind) return event;
  finished(event);
  throw new Error(`the call came to its ${event.kind} where its ${kind} was due`);
}

function finished(event) {
  if (event.kind === "failure") throw event.error;
  return event.output;
}

/** Makes the call of a command through the middleware of `partsOf`. */
async function throughMiddleware(parts, calls, { operation, command, options, signal, config }) {
  const { name, service } = operation;
  const context = {
    logger: config.logger,
    clientName: `${service.class}Client`,
    commandName: `${name}Command`,
    inputFilterSensitiveLog: (input) => withoutSensitive(operation, input, undefined).input,
    outputFilterSensitiveLog: (output) => withoutSensitive(operation, undefined, output).output,
    __smithy_context: { commandInstance: command, service: service.class, operation: name, ...(signal === undefined ? {} : { abortSignal: signal }) },
  };
  const open = ({ input, handlers, signal: ending, once }) => calls.run(operation, input, once ? { ...options, maxAttempts: 1 } : options, ending, config, handlers);
  const { output } = await new Onion(parts, context, open).run({ input: command.input }, signal);
  return output;
}

module.exports = { throughMiddleware };
