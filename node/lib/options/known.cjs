"use strict";
// The names of options: those that are taken, those of the AWS SDK that change nothing here, and what becomes of others.
const { closest } = require("./spelling.cjs");

/** Options of clients of the AWS SDK that this client needs not, or that its own configuration says of it. */
const HARMLESS = [
  "apiVersion", "authSchemePreference", "base64Decoder", "base64Encoder", "bodyLengthChecker", "cacheMiddleware", "defaultSigningName",
  "defaultUserAgentProvider", "disableHostPrefix", "isCustomEndpoint", "protocol", "protocolSettings", "runtime", "serviceConfiguredEndpoint",
  "serviceId", "settings", "sha256", "signingEscapePath", "streamCollector", "tls", "urlParser", "utf8Decoder", "utf8Encoder",
];

/** Without these, requests would go elsewhere, be signed otherwise, or trust and show other certificates than was meant. */
const REFUSED = {
  signer: "this client signs by itself: give credentials and signingRegion",
  signerConstructor: "this client signs by itself: give credentials and signingRegion",
  httpAuthSchemes: "this client signs by itself: give credentials and signingRegion",
  httpAuthSchemeProvider: "this client signs by itself: give credentials and signingRegion",
  endpointProvider: "name the endpoint with endpoint",
  httpAgent: "give it as requestHandler: { httpAgent }",
  httpsAgent: "give it as requestHandler: { httpsAgent }",
  httpOptions: "give requestHandler: { httpsAgent, connectionTimeout, requestTimeout }",
  accessKeyId: "give credentials: { accessKeyId, secretAccessKey, sessionToken }",
  secretAccessKey: "give credentials: { accessKeyId, secretAccessKey, sessionToken }",
  sessionToken: "give credentials: { accessKeyId, secretAccessKey, sessionToken }",
  ca: "give caBundle, or requestHandler: { httpsAgent: { ca } }",
  cert: "give clientCert, or requestHandler: { httpsAgent: { cert, key } }",
  key: "give clientCert, or requestHandler: { httpsAgent: { cert, key } }",
  rejectUnauthorized: "give it as requestHandler: { httpsAgent: { rejectUnauthorized } }",
  proxy: "give requestHandler: { httpsAgent: new HttpsProxyAgent(url) }, or set HTTPS_PROXY",
};

/** Options whose name, misspelt, is an error: without them the client would act for somebody else, or trust anybody. */
const GUARDED = new Set(["caBundle", "clientCert", "credentials", "endpoint", "profile", "requestHandler", "useFipsEndpoint"]);

/** The names that were warned of in this process, by whichever copy of the package. */
const WARNED = Symbol.for("chimeline.warned");

/** Throws a TypeError for a name that must not be left out, and warns, once in a process, of others that are not `known`. */
function checkNames(given, known) {
  for (const name of Object.keys(given)) {
    if (given[name] == null || known.includes(name) || HARMLESS.includes(name)) continue;
    if (Object.hasOwn(REFUSED, name)) throw new TypeError(`the option ${name} is not supported; ${REFUSED[name]}`);
    const meant = closest(name, known);
    if (GUARDED.has(meant)) throw new TypeError(`${name} is not an option: did you mean ${meant}?`);
    warnOnce(name, meant);
  }
}

function warnOnce(name, meant) {
  const warned = (globalThis[WARNED] ??= new Set());
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(meant === undefined ? `${name} is not an option of this client, and is left out` : `${name}: did you mean ${meant}?`, "ChimelineWarning");
}

module.exports = { checkNames };
