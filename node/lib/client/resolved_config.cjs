"use strict";
// What a client tells of its configuration; nothing in it is a secret.
const { NoLogger } = require("./logging.cjs");

/** `client.config`; each setting is a function, as in the AWS SDK. */
function configOf(service, options, settings) {
  const given = (name) => async () => {
    const value = options[name];
    return typeof value === "function" ? value() : (value ?? (await settings())[name]);
  };
  return {
    serviceId: service.serviceId,
    apiVersion: service.apiVersion,
    logger: options.logger ?? new NoLogger(),
    logFormat: options.logFormat ?? "object",
    region: given("region"),
    maxAttempts: given("maxAttempts"),
    retryMode: given("retryMode"),
    useFipsEndpoint: given("useFipsEndpoint"),
    useDualstackEndpoint: given("useDualstackEndpoint"),
    endpoint: async () => {
      const { protocol, hostname, port, pathname } = new URL((await settings()).endpoint);
      return { hostname, port: port === "" ? undefined : Number(port), protocol, path: pathname, query: undefined };
    },
    /** All settings that the client works with, wherever they came from. */
    settings,
  };
}

/** The settings that the native client works with, and where each comes from. */
function settingsOf(native) {
  const settings = JSON.parse(native.settings());
  const sources = Object.entries(settings.sources).map(([name, source]) => [NAMES[name] ?? camelCase(name), source]);
  return { ...settings, sources: Object.fromEntries(sources) };
}

/** What the AWS SDK for JavaScript calls otherwise than the native client does. */
const NAMES = {
  region_name: "region",
  endpoint_url: "endpoint",
  profile_name: "profile",
  connect_timeout: "connectionTimeout",
  attempt_timeout: "requestTimeout",
  read_timeout: "socketTimeout",
  max_pool_connections: "maxConnections",
  user_agent_appid: "userAgentAppId",
};

function camelCase(name) {
  return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

module.exports = { configOf, settingsOf };
