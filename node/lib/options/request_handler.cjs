"use strict";
// The `requestHandler` option: plain options; a NodeHttpHandler, which is read for what it is configured with; or a handler of the
// user's own, which is called for each exchange.
const { HANDLER_READERS } = require("../../generated/client_options.cjs");
const { taken } = require("./agents.cjs");
const { check, pick } = require("./checks.cjs");
const { RequestHandler } = require("../handlers/default_handler.cjs");

const LIMITS = Object.keys(HANDLER_READERS);

/**
 * Limits and what is taken of agents: `{ requestTimeout, ..., http, https }`; or `{ later }`, which gives them. With `shown`, which is
 * what `client.config.requestHandler` is, and `isCustom` for one that is called.
 */
function readHandler(handler, others) {
  if (typeof handler.handle !== "function") {
    return { ...readOptions(handler, others, handler.throwOnRequestTimeout !== false), shown: new RequestHandler(handler) };
  }
  if (!isNodeHttpHandler(handler)) return { http: {}, https: {}, shown: handler, isCustom: true };
  return { later: async () => ({ ...readOptions(await configOf(handler), others), shown: handler }), shown: handler };
}

/** The handler that exchanges the requests of a client in place of the core; nothing for none. */
function customHandler(current, { shown, isCustom }) {
  if (current === shown && isCustom !== true && !Object.hasOwn(current, "handle")) return undefined;
  if (typeof current?.handle !== "function") throw new TypeError("client.config.requestHandler must have a function handle");
  return current;
}

/**
 * Whether it is a handler of `@smithy/node-http-handler` for HTTP/1.1 that nobody changed, of whichever copy of that package: what
 * it is configured with then says all that it does.
 */
function isNodeHttpHandler(handler) {
  const prototype = Object.getPrototypeOf(handler);
  const isIt = handler.metadata?.handlerProtocol === "http/1.1" && typeof handler.configProvider?.then === "function";
  return isIt && Object.hasOwn(prototype, "handle") && Object.hasOwn(prototype, "resolveDefaultConfig") && !Object.hasOwn(handler, "handle");
}

async function configOf(handler) {
  const config = handler.config ?? (await handler.configProvider);
  return { ...config, httpAgent: config.httpAgent ?? (await config.httpAgentProvider?.()) };
}

/** `throws`: whether an attempt that exceeds `requestTimeout` fails. By the AWS SDK it only warns, unless told otherwise. */
function readOptions(given, { caBundle, clientCert }, throws = given.throwOnRequestTimeout === true) {
  const { httpAgent, httpsAgent, throwOnRequestTimeout, ...limits } = pick(given, [...LIMITS, "httpAgent", "httpsAgent", "throwOnRequestTimeout"]);
  for (const name of LIMITS) check(`requestHandler.${name}`, limits[name], [HANDLER_READERS[name] === "asGiven" ? "boolean" : "number"]);
  check("requestHandler.throwOnRequestTimeout", throwOnRequestTimeout, ["boolean"]);
  const [http, https] = [taken("requestHandler.httpAgent", httpAgent), taken("requestHandler.httpsAgent", httpsAgent)];
  if (caBundle && https.ca !== undefined) throw new TypeError("requestHandler.httpsAgent has a ca, and there is a caBundle: give one of them");
  if (clientCert && https.cert !== undefined) throw new TypeError("requestHandler.httpsAgent has a cert, and there is a clientCert: give one of them");
  if (throws || !limits.requestTimeout) return { ...limits, http, https };
  return { ...limits, requestTimeout: undefined, warnAfter: limits.requestTimeout, http, https };
}

module.exports = { customHandler, readHandler };
