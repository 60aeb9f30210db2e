"use strict";
// The stacks of clients and commands: with the AWS SDK's own middleware by name, so that others can be placed by them, though the core does
// what they do there.
const { entriesOf, middlewareStack } = require("./stack.cjs");

/** What the AWS SDK's clients have. The order is that of their addition there. */
const BUILT_IN = [
  { name: "loggerMiddleware", step: "initialize", tags: ["LOGGER"] },
  { name: "serializerMiddleware", step: "serialize", tags: ["SERIALIZER"] },
  { name: "contentLengthMiddleware", step: "build", tags: ["SET_CONTENT_LENGTH", "CONTENT_LENGTH"] },
  { name: "getUserAgentMiddleware", step: "build", priority: "low", tags: ["SET_USER_AGENT", "USER_AGENT"] },
  { name: "hostHeaderMiddleware", step: "build", priority: "low", tags: ["HOST"] },
  { name: "recursionDetectionMiddleware", step: "build", priority: "low", tags: ["RECURSION_DETECTION"] },
  { name: "retryMiddleware", step: "finalizeRequest", priority: "high", tags: ["RETRY"] },
  {
    name: "httpSigningMiddleware",
    aliases: ["apiKeyMiddleware", "tokenMiddleware", "awsAuthMiddleware"],
    relation: "after",
    toMiddleware: "retryMiddleware",
    step: "finalizeRequest",
    tags: ["HTTP_SIGNING"],
  },
  { name: "deserializerMiddleware", step: "deserialize", tags: ["DESERIALIZER"] },
].map((options) => ({ ...options, override: true, middleware: (next) => next }));

/** Those that may be taken out, with the headers that then are left out of a request. */
const OPTIONAL = new Map([
  ["loggerMiddleware", []],
  ["getUserAgentMiddleware", ["user-agent", "x-amz-user-agent"]],
  ["recursionDetectionMiddleware", ["x-amzn-trace-id"]],
]);

/** On a client or a command of any copy of this package: its stack, once it was asked for. */
const STACK = Symbol.for("chimeline.stack");

/** Gives the prototype of a class its `middlewareStack`, made when it is first asked for. */
function withStack(Class, make) {
  Object.defineProperty(Class.prototype, "middlewareStack", {
    configurable: true,
    get() {
      if (this[STACK] === undefined) Object.defineProperty(this, STACK, { value: make(), writable: true, configurable: true });
      return this[STACK];
    },
    set(stack) {
      Object.defineProperty(this, STACK, { value: stack, writable: true, configurable: true });
    },
  });
}

/** The stack that a client begins with. */
function clientStack() {
  const stack = middlewareStack();
  for (const { middleware, ...options } of BUILT_IN) {
    if (options.toMiddleware === undefined) stack.add(middleware, options);
    else stack.addRelativeTo(middleware, options);
  }
  return stack;
}

/**
 * The middleware of a call in the parts that it comes in, which onion.cjs describes. Nothing where there is none but the client's own. Of
 * those that were taken out, `dropped` has the headers, and `isLogged` is false for the logger's.
 */
function partsOf(client, command) {
  const own = client[STACK];
  const added = command[STACK];
  if (own === undefined && added === undefined) return undefined;
  const base = own ?? clientStack();
  const entries = entriesOf(added === undefined ? base : base.concat(added));
  const places = new Map(entries.map(({ middleware }, i) => [middleware, i]));
  const missing = BUILT_IN.filter(({ middleware }) => !places.has(middleware)).map(({ name }) => name);
  if (missing.length === 0 && entries.length === BUILT_IN.length) return undefined;
  const needed = missing.find((name) => !OPTIONAL.has(name));
  if (needed !== undefined) throw new Error(`${needed} cannot be removed or replaced: this client is built to do what it does`);
  const place = (name) => places.get(BUILT_IN.find((entry) => entry.name === name)?.middleware);
  const ends = [place("serializerMiddleware"), place("retryMiddleware"), place("deserializerMiddleware")];
  const isOwn = new Set(BUILT_IN.map(({ middleware }) => middleware));
  const part = (from, to) => entries.slice(from, to).map(({ middleware }) => middleware).filter((middleware) => !isOwn.has(middleware));
  const [outer, building, attempting, exchanging] = [part(0, ends[0]), part(ends[0], ends[1]), part(ends[1], ends[2]), part(ends[2])];
  const dropped = missing.flatMap((name) => OPTIONAL.get(name) ?? []);
  return { outer, building, attempting, exchanging, dropped, isLogged: !missing.includes("loggerMiddleware") };
}

module.exports = { clientStack, partsOf, withStack };
