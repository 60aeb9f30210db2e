"use strict";
// The agents of v3's `requestHandler`. This client does its own HTTP: of an agent, or of the plain options of one, it takes what
// it can do itself, and refuses the rest by name.
const { count } = require("./numbers.cjs");
const { check } = require("./checks.cjs");

/** What an agent may have without an effect on where requests go, whom they trust and how many there are at once. */
const HARMLESS = new Set(["ALPNProtocols", "agentKeepAliveTimeoutBuffer", "defaultPort", "keepAliveInitialDelay", "keepAliveMsecs", "maxCachedSessions", "maxFreeSockets", "noDelay", "protocol", "scheduling", "timeout"]);
/** Those that are taken. */
const TAKEN = new Set(["ca", "cert", "keepAlive", "key", "maxSockets", "maxTotalSockets", "passphrase", "proxy", "rejectUnauthorized"]);
/** Of those that are refused, what to use in their place. */
const CURES = {
  getProxyForUrl: "name the proxy with an HttpsProxyAgent, or in HTTPS_PROXY and NO_PROXY",
  socketPath: "name the server with endpoint",
  host: "name the server with endpoint",
  hostname: "name the server with endpoint",
  port: "name the server with endpoint",
  lookup: "name the server's address with endpoint",
  pfx: "give cert and key in PEM, or clientCert",
  checkServerIdentity: "give the certificates to trust as ca",
};
/** By which an agent makes connections of its own. */
const METHODS = ["createConnection", "createSocket", "addRequest", "connect", "callback"];

/** What is taken of an agent, or of plain options: `{ maxSockets, proxy, ca, cert, key, keepAlive, rejectUnauthorized }`. */
function taken(name, agent) {
  check(name, agent, ["object"]);
  if (agent == null) return {};
  const proxy = withHeaders(name, proxyOf(name, agent), agent.proxyHeaders);
  const isAgent = typeof agent.destroy === "function" || typeof agent.addRequest === "function";
  if (isAgent && proxy === undefined) checkMethods(name, agent);
  if (typeof agent.proxyRequestOptions === "function" || Object.keys(agent.proxyRequestOptions ?? {}).length > 0) {
    refuse(name, "proxyRequestOptions", CURES.getProxyForUrl);
  }
  for (const own of proxy?.startsWith("https:") ? ["ca", "cert", "key", "rejectUnauthorized"] : []) {
    if (agent.connectOpts?.[own] != null) refuse(name, `${own} for the proxy`, "certificates of proxies are verified like those of the service: use caBundle, AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS");
  }
  const settings = isAgent ? { ...agent.options } : agent;
  for (const setting in settings) {
    // Those of an HttpsProxyAgent are in its proxyHeaders too.
    if (setting === "headers" && proxy !== undefined) continue;
    if (settings[setting] != null && !isHonoured(setting, settings[setting])) refuse(name, setting, CURES[setting]);
  }
  const { ca, cert, keepAlive, passphrase, rejectUnauthorized } = settings;
  const key = passphrase == null ? settings.key : decrypted(`${name}.key`, settings.key, passphrase);
  if ((cert == null) !== (key == null)) throw new TypeError(`${name}: its cert and its key must be given together`);
  const [maxSockets, maxTotalSockets] = ["maxSockets", "maxTotalSockets"].map((limit) => agent[limit] ?? settings[limit]);
  check(`${name}.maxSockets`, maxSockets, ["number"]);
  check(`${name}.maxTotalSockets`, maxTotalSockets, ["number"]);
  return { name, maxSockets, maxTotalSockets, proxy, ca: pem(`${name}.ca`, ca), cert: pem(`${name}.cert`, cert), key: pem(`${name}.key`, key), keepAlive: keepAlive === false ? false : undefined, rejectUnauthorized: rejectUnauthorized ?? undefined };
}

function isHonoured(setting, value) {
  switch (setting) {
    case "family":
      return value === 0;
    case "minVersion":
      return value !== "TLSv1.3";
    case "maxVersion":
      return value === "TLSv1.3";
    default:
      return TAKEN.has(setting) || HARMLESS.has(setting);
  }
}

/** Refuses an agent whose class connects in its own way, such as that of proxy-agent or socks-proxy-agent. */
function checkMethods(name, agent) {
  const [http, https] = [process.getBuiltinModule("node:http"), process.getBuiltinModule("node:https")].map((module) => module.Agent.prototype);
  if (agent.getProxyForUrl !== undefined) refuse(name, "getProxyForUrl", CURES.getProxyForUrl);
  for (const method of METHODS) {
    const own = agent[method];
    if (own !== undefined && own !== http[method] && own !== https[method]) {
      refuse(name, `${method}, by which it makes connections of its own,`, "this client does its own HTTP: give a plain Agent, or for a proxy an HttpsProxyAgent or HTTPS_PROXY");
    }
  }
}

function refuse(name, setting, cure = "this client does its own HTTP: leave it out") {
  throw new TypeError(`${name}: its ${setting} cannot be taken over from an agent; ${cure}`);
}

/** The proxy that an agent of the packages `http-proxy-agent` and `https-proxy-agent` is made for. */
function proxyOf(name, agent) {
  const { proxy } = agent;
  if (proxy == null) return undefined;
  const url = typeof proxy === "string" ? proxy : proxy.href;
  if (typeof url !== "string") refuse(name, "proxy", CURES.getProxyForUrl);
  return url;
}

/** The proxy with what its headers show to it: `Proxy-Authorization: Basic` is user and password of its URL. */
function withHeaders(name, proxy, headers) {
  if (headers == null) return proxy;
  const given = typeof headers === "function" ? headers() : headers;
  let url = proxy;
  for (const [header, value] of Object.entries(given ?? {})) {
    const [, encoded] = header.toLowerCase() === "proxy-authorization" ? (/^basic +(\S+)$/i.exec(String(value)) ?? []) : [];
    if (encoded === undefined || proxy === undefined) refuse(name, `proxyHeaders (${header})`, "of headers to a proxy, Proxy-Authorization with Basic is supported");
    const [user, ...password] = Buffer.from(encoded, "base64").toString().split(":");
    url = Object.assign(new URL(proxy), { username: encodeURIComponent(user), password: encodeURIComponent(password.join(":")) }).href;
  }
  return url;
}

/** A key without its passphrase. */
function decrypted(name, key, passphrase) {
  const { createPrivateKey } = process.getBuiltinModule("node:crypto");
  try {
    return createPrivateKey({ key, passphrase }).export({ type: "pkcs8", format: "pem" });
  } catch {
    // What it says may quote the key.
    throw new TypeError(`${name} cannot be decrypted with its passphrase`);
  }
}

/** Certificates or a key, as Node takes them: a text in PEM, its bytes, or a list of those. */
function pem(name, given) {
  if (given == null) return undefined;
  const parts = (Array.isArray(given) ? given : [given]).map((part) => (ArrayBuffer.isView(part) ? Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString() : part));
  if (!parts.every((part) => typeof part === "string")) throw new TypeError(`${name} must be a text in PEM, its bytes, or a list of those`);
  return { pem: parts.join("\n") };
}

/** How many connections the agent allows at once. */
function maxConnections({ name, maxSockets, maxTotalSockets }) {
  const limits = [count(`${name}.maxSockets`, maxSockets, 1), count(`${name}.maxTotalSockets`, maxTotalSockets, 1)].filter((limit) => limit !== undefined);
  return limits.length === 0 ? undefined : Math.min(...limits);
}

module.exports = { maxConnections, taken };
