"use strict";
// What a client tells of its configuration; nothing in it is a secret.
const { NoLogger } = require("./logging.cjs");
const { StandardRetryStrategy } = require("../handlers/default_strategy.cjs");

/** `client.config`; each setting is a function, as in the AWS SDK. */
function configOf(service, options, settings, credentials) {
  const given = (name) => async () => {
    const value = options[name];
    return typeof value === "function" ? value() : (value ?? (await settings())[name]);
  };
  return {
    serviceId: service.serviceId,
    apiVersion: service.apiVersion,
    logger: options.logger ?? new NoLogger(),
    logFormat: options.logFormat ?? "object",
    runtime: "node",
    tls: true,
    disableHostPrefix: false,
    defaultSigningName: "chime",
    isCustomEndpoint: options.endpoint != null,
    signingRegion: options.signingRegion,
    systemClockOffset: options.systemClockOffset ?? 0,
    customUserAgent: userAgentPairs(options.customUserAgent),
    requestHandler: options.requestHandler.shown,
    credentials,
    retryStrategy: async () => {
      const strategy = await asked(options.retryStrategy);
      if (strategy != null) return strategy;
      const { retryMode, maxAttempts } = await settings();
      return new StandardRetryStrategy(retryMode, maxAttempts);
    },
    defaultsMode: async () => (await asked(options.defaultsMode)) ?? "legacy",
    userAgentAppId: async () => (await asked(options.userAgentAppId)) ?? undefined,
    region: given("region"),
    maxAttempts: given("maxAttempts"),
    retryMode: given("retryMode"),
    useFipsEndpoint: given("useFipsEndpoint"),
    useDualstackEndpoint: given("useDualstackEndpoint"),
    endpoint: options.endpoint == null ? undefined : async () => {
      const { protocol, hostname, port, pathname } = new URL((await settings()).endpoint);
      return { hostname, port: port === "" ? undefined : Number(port), protocol, path: pathname, query: undefined };
    },
    /** All settings that the client works with, wherever they came from. */
    settings,
  };
}

function asked(value) {
  return typeof value === "function" ? value() : value;
}

/** As the AWS SDK has it: pairs of a name and perhaps a version. */
function userAgentPairs(given) {
  return typeof given === "string" ? [[given]] : (given ?? undefined);
}

/** The settings that the native client works with, and where each comes from. */
function settingsOf(native) {
  return JSON.parse(native.settings());
}

module.exports = { configOf, settingsOf };
