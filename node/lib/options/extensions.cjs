"use strict";
// The `extensions` option: each configures the client by the functions that the AWS SDK gives it.

/** The options with what the extensions set. */
function extended(options) {
  const { extensions } = options ?? {};
  if (extensions == null) return options;
  if (!Array.isArray(extensions) || !extensions.every((extension) => typeof extension?.configure === "function")) {
    throw new TypeError("extensions must be a list of objects with a function configure");
  }
  const out = { ...options };
  const handlerOptions = () => (typeof out.requestHandler?.handle === "function" ? {} : { ...out.requestHandler });
  const configuration = {
    region: async () => (typeof out.region === "function" ? out.region() : out.region),
    setRegion: (region) => void (out.region = region),
    credentials: () => out.credentials,
    setCredentials: (credentials) => void (out.credentials = credentials),
    httpHandler: () => out.requestHandler,
    setHttpHandler: (handler) => void (out.requestHandler = handler),
    updateHttpClientConfig: (name, value) => void (out.requestHandler = { ...handlerOptions(), [name]: value }),
    httpHandlerConfigs: handlerOptions,
    retryStrategy: () => out.retryStrategy,
    setRetryStrategy: (strategy) => void (out.retryStrategy = strategy),
    // This client has the checksums that its services ask for: none.
    addChecksumAlgorithm: () => {},
    checksumAlgorithms: () => [],
    httpAuthSchemes: () => [],
  };
  for (const name of ["setHttpAuthScheme", "setHttpAuthSchemeProvider"]) {
    configuration[name] = () => {
      throw new TypeError(`an extension cannot use ${name}: this client signs by itself, with credentials and signingRegion`);
    };
  }
  for (const extension of extensions) extension.configure(configuration);
  return out;
}

module.exports = { extended };
