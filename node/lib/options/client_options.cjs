"use strict";
// The options of a client: checked when it is made, resolved at its first call.
const { HANDLER_READERS, READERS, TYPES } = require("../../generated/client_options.cjs");
const { maxConnections } = require("./agents.cjs");
const { checkNames } = require("./known.cjs");
const { extraCertificates, trustsAnybody, warnOfAnybody } = require("./node_environment.cjs");
const { readHandler } = require("./request_handler.cjs");
const { checkStrategy } = require("../handlers/retry_strategy.cjs");
const { attempts, count, milliseconds } = require("./numbers.cjs");
const { check, pick, typeOf } = require("./checks.cjs");

/** Those that may come from a function or a promise. */
const PROVIDED = Object.keys(TYPES).filter((name) => name !== "credentials" && TYPES[name].includes("promise"));

/** Marks the options for a local service of a test: then no file is read, and no proxy of the environment is used. */
const LOCAL = Symbol.for("chimeline.local");

/** The options as given, or a TypeError for one of a wrong type. */
function checked(given) {
  if (given === null || typeof given !== "object") throw new TypeError(`the options of a client must be an object, not ${typeOf(given)}`);
  const options = pick(given, Object.keys(TYPES));
  for (const name in TYPES) check(name, options[name], TYPES[name]);
  checkNames(given, Object.keys(TYPES));
  const { parameterValidation, requestHandler, logger, clientCert } = options;
  if (logger != null && !["debug", "info"].every((name) => typeof logger[name] === "function")) {
    throw new TypeError("logger must have the functions debug and info, as console has");
  }
  if (options.logFormat != null && !["object", "text"].includes(options.logFormat)) {
    throw new TypeError(`logFormat must be "object" or "text", not ${JSON.stringify(options.logFormat)}`);
  }
  if (typeof parameterValidation === "string" && parameterValidation !== "" && parameterValidation !== "strict") {
    throw new TypeError(`parameterValidation must be true, false or "strict", not ${JSON.stringify(parameterValidation)}`);
  }
  if (clientCert != null && typeof clientCert !== "string" && !(Array.isArray(clientCert) && clientCert.length === 2 && clientCert.every((path) => typeof path === "string"))) {
    throw new TypeError("clientCert must be the path of a PEM file, or a pair of paths: of the certificate and of its key");
  }
  options.requestHandler = readHandler(requestHandler ?? {}, options);
  if (options.retryStrategy != null && !isLate(options.retryStrategy)) checkStrategy(options.retryStrategy);
  options[LOCAL] = given[LOCAL];
  if (options.credentials != null && !isLate(options.credentials)) checkTypes(options.credentials);
  return options;
}

/** Whether an option has to be asked for. */
function isLate(value) {
  return typeof value === "function" || (value !== null && typeof value === "object" && typeof value.then === "function");
}

/** The names of the options that have to be asked for. */
function late(options) {
  const names = PROVIDED.filter((name) => isLate(options[name]));
  return options.requestHandler.later === undefined ? names : [...names, "requestHandler"];
}

/** What was asked for, in place of the functions and promises. */
async function provided(options, names) {
  const ask = (value) => (typeof value === "function" ? value() : (value.later?.() ?? value));
  const values = await Promise.all(names.map((name) => ask(options[name])));
  const out = { ...options };
  names.forEach((name, i) => {
    if (isLate(values[i])) throw new TypeError(`${name}: the function gave another ${typeOf(values[i])}`);
    check(name, values[i], TYPES[name]);
    if (name === "retryStrategy") checkStrategy(values[i] ?? {});
    out[name] = values[i];
  });
  return out;
}

/** A TypeError for a part of credentials of a wrong type; what is missing or empty is said at the call. */
function checkTypes(credentials) {
  for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"]) check(`credentials.${name}`, credentials[name], ["string"]);
}

/** An access key, its secret and perhaps a token, or a TypeError that holds none of them. */
function credentialsOf(given) {
  if (given === null || typeof given !== "object") throw new TypeError(`credentials must be an object, not ${typeOf(given)}`);
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey })) {
    if (typeof value !== "string" || value === "") throw new TypeError(`credentials.${name} must be a string that is not empty`);
  }
  check("credentials.sessionToken", sessionToken, ["string"]);
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? undefined };
}

/** How a value is read of which nothing but the type matters. */
const READ = {
  asGiven: (_, value) => value ?? undefined,
  milliseconds: (name, value) => (isNone(value) ? undefined : milliseconds(name, value)),
  count: (name, value) => count(name, value, 0),
};

/** The same in the handler, where 0 is no limit. */
const READ_OF_HANDLER = { ...READ, milliseconds: (name, value) => milliseconds(`requestHandler.${name}`, value, { zero: true }) };

function readAll(readers, read, given) {
  return Object.fromEntries(Object.entries(readers).map(([name, reader]) => [name, read[reader](name, given[name])]));
}

/** The JSON for the native client, of options that are all there; with `asksForCredentials` its calls ask for them. */
function forNative(options, credentials, asksForCredentials) {
  const { requestHandler: handler, customUserAgent, clientCert } = options;
  const { http, https } = handler;
  const endpoint = endpointText(options.endpoint);
  const connections = endpoint?.startsWith("http:") ? [http, https] : [https, http];
  const limits = readAll(HANDLER_READERS, READ_OF_HANDLER, handler);
  const limit = connections.map(maxConnections).find((limit) => limit !== undefined) ?? MAX_CONNECTIONS;
  return JSON.stringify({
    ...readAll(READERS, READ, options),
    ...limits,
    endpoint,
    credentials,
    asksForCredentials,
    // There is none by default.
    requestTimeout: isNone(handler.requestTimeout) ? undefined : limits.requestTimeout,
    // One limit, as an agent's `maxSockets` is.
    maxConnections: limit,
    maxConcurrency: limit,
    keepAlive: handler.keepAlive ?? connections.map(({ keepAlive }) => keepAlive).find((kept) => kept !== undefined),
    maxAttempts: attempts("maxAttempts", options.maxAttempts),
    parameterValidation: options.parameterValidation == null || options.parameterValidation === "" ? undefined : String(options.parameterValidation),
    caBundle: options.caBundle || https.ca,
    extraTrust: options[LOCAL] === true ? undefined : extraCertificates(process.env),
    insecure: isInsecure(https, endpoint),
    clientCert: typeof clientCert === "string" && clientCert !== "" ? [clientCert, clientCert] : clientCert || (https.cert && [https.cert, https.key]),
    httpProxy: http.proxy,
    httpsProxy: https.proxy,
    customUserAgent: agentText(customUserAgent),
    language: `js#${process.versions.node}`,
    local: options[LOCAL] === true,
  });
}

/** Whether the certificates of servers are not verified. */
function isInsecure({ rejectUnauthorized }, endpoint) {
  if (rejectUnauthorized !== undefined) return !rejectUnauthorized;
  if (!trustsAnybody(process.env)) return false;
  if (!endpoint?.startsWith("http:")) warnOfAnybody();
  return true;
}

/** How many connections there may be at once where no agent says so. */
const MAX_CONNECTIONS = 256;

function isNone(limit) {
  return limit === Infinity || limit === undefined;
}

/** A TypeError for an option of a call that is of a wrong type. */
function checkCall(options) {
  if (options == null) return;
  check("timeout", options.timeout, ["number"]);
  check("requestTimeout", options.requestTimeout, ["number"]);
  check("maxAttempts", options.maxAttempts, ["number"]);
}

/**
 * The JSON for the native client of what a call does otherwise; nothing for a call that does not. It began `startedAgo` milliseconds
 * ago, where its options had to be asked for; `asking` is what it asks while it is under way.
 */
function forCall(options, startedAgo, traceId, asking) {
  const { timeout, requestTimeout, maxAttempts } = options ?? {};
  if (timeout == null && (requestTimeout == null || requestTimeout === 0) && maxAttempts == null && startedAgo === undefined && traceId === undefined && asking === undefined) return undefined;
  return JSON.stringify({
    timeout: milliseconds("timeout", timeout),
    startedAgo,
    // 0 is the client's.
    requestTimeout: requestTimeout === 0 ? undefined : milliseconds("requestTimeout", requestTimeout),
    maxAttempts: attempts("maxAttempts", maxAttempts),
    traceId,
    ...asking,
  });
}

/** A URL, or one in the parts that v3 also takes. */
function endpointText(endpoint) {
  if (endpoint == null || typeof endpoint === "string") return endpoint ?? undefined;
  if (typeof endpoint.href === "string") return endpoint.href;
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

module.exports = { LOCAL, checkCall, checked, credentialsOf, forCall, forNative, isLate, late, provided };
