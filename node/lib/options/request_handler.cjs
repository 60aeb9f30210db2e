"use strict";
// The `requestHandler` option: plain options, or a NodeHttpHandler, which is read for what it is configured with.
const { taken } = require("./agents.cjs");
const { check, pick } = require("./checks.cjs");

const LIMITS = ["requestTimeout", "socketTimeout", "connectionTimeout"];

/** Limits and what is taken of agents: `{ requestTimeout, ..., http, https }`; or `{ later }`, which gives them. */
function readHandler(handler, others) {
  if (typeof handler.handle !== "function") return readOptions(handler, others, handler.throwOnRequestTimeout !== false);
  if (!isNodeHttpHandler(handler)) {
    throw new TypeError("requestHandler must be a plain object of options ({ requestTimeout, connectionTimeout }) or a NodeHttpHandler");
  }
  return { later: async () => readOptions(await configOf(handler), others) };
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
  const { httpAgent, httpsAgent, keepAlive, throwOnRequestTimeout, ...limits } = pick(given, [...LIMITS, "httpAgent", "httpsAgent", "keepAlive", "throwOnRequestTimeout"]);
  for (const name of LIMITS) check(`requestHandler.${name}`, limits[name], ["number"]);
  check("requestHandler.keepAlive", keepAlive, ["boolean"]);
  check("requestHandler.throwOnRequestTimeout", throwOnRequestTimeout, ["boolean"]);
  const [http, https] = [taken("requestHandler.httpAgent", httpAgent), taken("requestHandler.httpsAgent", httpsAgent)];
  if (caBundle && https.ca !== undefined) throw new TypeError("requestHandler.httpsAgent has a ca, and there is a caBundle: give one of them");
  if (clientCert && https.cert !== undefined) throw new TypeError("requestHandler.httpsAgent has a cert, and there is a clientCert: give one of them");
  if (throws || !limits.requestTimeout) return { ...limits, keepAlive, http, https };
  return { ...limits, requestTimeout: undefined, warnAfter: limits.requestTimeout, keepAlive, http, https };
}

module.exports = { readHandler };
