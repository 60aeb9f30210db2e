"use strict";
// The options of a client: checked when it is made, resolved at its first call.

/** What each option may be, by `typeof`; options of other names are left alone, as the AWS SDK does. */
const TYPES = {
  region: ["string", "function", "promise"],
  endpoint: ["string", "object", "function", "promise"],
  credentials: ["object", "function", "promise"],
  profile: ["string"],
  namespace: ["string"],
  maxAttempts: ["number", "function", "promise"],
  retryMode: ["string", "function", "promise"],
  useFipsEndpoint: ["boolean", "function", "promise"],
  useDualstackEndpoint: ["boolean", "function", "promise"],
  requestHandler: ["object"],
  timeout: ["number"],
  parameterValidation: ["boolean", "string"],
  customUserAgent: ["string", "object"],
  userAgentAppId: ["string", "function", "promise"],
  ignoreConfiguredEndpointUrls: ["boolean"],
  caBundle: ["string"],
  clientCert: ["string", "object"],
  logger: ["object"],
};

/** Those that may come from a function or a promise. */
const PROVIDED = ["region", "endpoint", "maxAttempts", "retryMode", "useFipsEndpoint", "useDualstackEndpoint", "userAgentAppId"];

/** v3 takes 0 for "no limit" where the core has a limit by default; it wants a number. */
const NO_LIMIT = 365 * 86_400_000;
const limit = (milliseconds) => (milliseconds === 0 ? NO_LIMIT : milliseconds ?? undefined);

/** What stands for an agent's Infinity. */
const MOST_CONNECTIONS = 2 ** 32 - 1;

/** Marks the options for a local service of a test: then no file is read, and no proxy of the environment is used. */
const LOCAL = Symbol.for("chimeline.local");

/** The options as given, or a TypeError for one of a wrong type. */
function checked(given) {
  if (given === null || typeof given !== "object") throw new TypeError(`the options of a client must be an object, not ${typeOf(given)}`);
  for (const name of Object.keys(TYPES)) check(name, given[name], TYPES[name]);
  if (given.retryStrategy != null) throw new TypeError("retryStrategy is not supported: use maxAttempts and retryMode");
  const { parameterValidation, requestHandler, logger } = given;
  if (logger != null && !["debug", "info"].every((name) => typeof logger[name] === "function")) {
    throw new TypeError("logger must have the functions debug and info, as console has");
  }
  if (typeof parameterValidation === "string" && parameterValidation !== "" && parameterValidation !== "strict") {
    throw new TypeError(`parameterValidation must be true, false or "strict", not ${JSON.stringify(parameterValidation)}`);
  }
  if (typeof requestHandler?.handle === "function") {
    throw new TypeError("requestHandler must be a plain object of options ({ requestTimeout, connectionTimeout }): this client does its own HTTP");
  }
  for (const name of ["requestTimeout", "socketTimeout", "connectionTimeout"]) check(`requestHandler.${name}`, requestHandler?.[name], ["number"]);
  check("requestHandler.httpsAgent.maxSockets", requestHandler?.httpsAgent?.maxSockets, ["number"]);
  for (const name of ["httpAgent", "httpsAgent"]) checkAgent(`requestHandler.${name}`, requestHandler?.[name]);
  const { clientCert } = given;
  if (clientCert != null && typeof clientCert !== "string" && !(Array.isArray(clientCert) && clientCert.length === 2 && clientCert.every((path) => typeof path === "string"))) {
    throw new TypeError("clientCert must be the path of a PEM file, or a pair of paths: of the certificate and of its key");
  }
  if (typeof given.credentials === "object" && typeof given.credentials.then !== "function") keysOf(given.credentials);
  return { ...given };
}

/** What an agent is asked for that this client, which has none, takes from elsewhere. */
function checkAgent(name, agent) {
  check(name, agent, ["object"]);
  const { ca, cert, key, pfx } = agent?.options ?? {};
  if (ca != null) throw new TypeError(`${name}: its ca cannot be taken over; use caBundle, the path of a PEM file`);
  if (cert != null || key != null || pfx != null) throw new TypeError(`${name}: its certificate cannot be taken over; use clientCert, the path of a PEM file`);
}

function check(name, value, allowed) {
  if (value == null || (allowed.includes(typeOf(value)) && !Number.isNaN(value))) return;
  throw new TypeError(`${name} must be ${phrase(allowed)}, not ${Number.isNaN(value) ? "NaN" : typeOf(value)}`);
}

function typeOf(value) {
  if (value === null) return "null";
  return typeof value === "object" && typeof value.then === "function" ? "promise" : typeof value;
}

function phrase(types) {
  const list = types.map((type) => (type === "function" ? "a function that gives one" : type === "object" ? "an object" : `a ${type}`));
  return list.length === 1 ? list[0] : `${list.slice(0, -1).join(", ")} or ${list.at(-1)}`;
}

/** Whether an option has to be asked for. */
function isLate(value) {
  return typeof value === "function" || (value !== null && typeof value === "object" && typeof value.then === "function");
}

/** The names of the options that have to be asked for. */
function late(options) {
  return PROVIDED.filter((name) => isLate(options[name]));
}

/** What was asked for, in place of the functions and promises. */
async function provided(options, names) {
  const values = await Promise.all(names.map((name) => (typeof options[name] === "function" ? options[name]() : options[name])));
  const out = { ...options };
  names.forEach((name, i) => {
    if (isLate(values[i])) throw new TypeError(`${name}: the function gave another ${typeOf(values[i])}`);
    check(name, values[i], TYPES[name]);
    out[name] = values[i];
  });
  return out;
}

/** An access key, its secret and perhaps a token, or a TypeError that holds none of them. */
function keysOf(given) {
  if (given === null || typeof given !== "object") throw new TypeError(`credentials must be an object, not ${typeOf(given)}`);
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey })) {
    if (typeof value !== "string" || value === "") throw new TypeError(`credentials.${name} must be a string that is not empty`);
  }
  check("credentials.sessionToken", sessionToken, ["string"]);
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? undefined };
}

/** When keys end, in milliseconds since 1970; Infinity for those that do not. */
function endOf({ expiration }) {
  if (expiration == null) return Infinity;
  const end = Number(new Date(expiration));
  if (Number.isNaN(end)) throw new TypeError("credentials.expiration must be a Date");
  return end;
}

/** The JSON for the native client, of options that are all there. */
function forNative(options, keys) {
  const { requestHandler, customUserAgent } = options;
  return JSON.stringify({
    region: options.region ?? undefined,
    endpoint: endpointText(options.endpoint),
    ignoreConfiguredEndpointUrls: options.ignoreConfiguredEndpointUrls ?? undefined,
    useFipsEndpoint: options.useFipsEndpoint ?? undefined,
    useDualstackEndpoint: options.useDualstackEndpoint ?? undefined,
    profile: options.profile ?? undefined,
    namespace: options.namespace ?? undefined,
    credentials: keys,
    connectionTimeout: limit(requestHandler?.connectionTimeout),
    requestTimeout: requestHandler?.requestTimeout || undefined,
    socketTimeout: limit(requestHandler?.socketTimeout),
    timeout: options.timeout ?? undefined,
    maxConnections: Math.min(requestHandler?.httpsAgent?.maxSockets ?? 256, MOST_CONNECTIONS),
    retryMode: options.retryMode ?? undefined,
    maxAttempts: options.maxAttempts ?? undefined,
    parameterValidation: options.parameterValidation == null || options.parameterValidation === "" ? undefined : String(options.parameterValidation),
    caBundle: options.caBundle ?? undefined,
    insecure: requestHandler?.httpsAgent?.options?.rejectUnauthorized === false,
    clientCert: typeof options.clientCert === "string" ? [options.clientCert, options.clientCert] : options.clientCert ?? undefined,
    httpProxy: proxyOf(requestHandler?.httpAgent),
    httpsProxy: proxyOf(requestHandler?.httpsAgent),
    userAgent: agentText(customUserAgent),
    appId: options.userAgentAppId ?? undefined,
    language: `js#${process.versions.node}`,
    local: options[LOCAL] === true,
  });
}

/** A TypeError for an option of a call that is of a wrong type. */
function checkCall(options) {
  if (options == null) return;
  check("timeout", options.timeout, ["number"]);
  check("requestTimeout", options.requestTimeout, ["number"]);
  check("maxAttempts", options.maxAttempts, ["number"]);
}

/** The JSON for the native client of what a call does otherwise; nothing for a call that does not. */
function forCall(options, keys, spent) {
  const { timeout, requestTimeout, maxAttempts } = options ?? {};
  if (timeout == null && !requestTimeout && maxAttempts == null && keys === undefined && spent === undefined) return undefined;
  return JSON.stringify({
    timeout: timeout ?? undefined,
    spent,
    requestTimeout: requestTimeout || undefined,
    maxAttempts: maxAttempts ?? undefined,
    credentials: keys,
  });
}

/** The proxy that an agent of the packages `http-proxy-agent` and `https-proxy-agent` is made for. */
function proxyOf(agent) {
  return agent?.proxy instanceof URL ? agent.proxy.href : undefined;
}

/** A URL, or one in the parts that v3 also takes. */
function endpointText(endpoint) {
  if (endpoint == null || typeof endpoint === "string") return endpoint ?? undefined;
  if (endpoint instanceof URL) return endpoint.href;
  if (endpoint.url !== undefined) return String(endpoint.url);
  const { protocol = "https:", hostname, port, path = "" } = endpoint;
  if (typeof hostname !== "string") throw new TypeError("endpoint must be a URL, or an object with protocol, hostname, port and path");
  const scheme = protocol.endsWith(":") ? protocol : `${protocol}:`;
  return `${scheme}//${hostname}${port == null ? "" : `:${port}`}${path}`;
}

function agentText(given) {
  if (given == null || typeof given === "string") return given ?? undefined;
  return Array.from(given, (part) => (Array.isArray(part) ? part.filter((text) => text != null).join("/") : String(part))).join(" ");
}

module.exports = { LOCAL, checkCall, checked, endOf, forCall, forNative, isLate, keysOf, late, provided };
