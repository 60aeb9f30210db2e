"use strict";
// `client.config.requestHandler` of a client that was given none, or plain options. The core exchanges requests by itself; the handler
// does so for programs that put their own `handle` in its place and call this one from there.

class RequestHandler {
  metadata = { handlerProtocol: "http/1.1" };
  #options;

  constructor(options) {
    this.#options = options;
  }

  httpHandlerConfigs() {
    return { ...this.#options };
  }

  updateHttpClientConfig(name, value) {
    this.#options = { ...this.#options, [name]: value };
  }

  /** Sends a request as it is, with a signature or without, and gives `{ response }` with its status, headers and body. */
  handle(request, { abortSignal } = /** @type {any} */ ({})) {
    const { protocol, hostname, port, path, query, method, headers, body } = request;
    const isSecure = protocol !== "http:";
    const { httpAgent, httpsAgent } = this.#options;
    const agent = agentOf(isSecure, isSecure ? httpsAgent : httpAgent);
    const search = searchOf(query ?? {});
    const options = { method, hostname: hostname.replace(/^\[|\]$/g, ""), port, path: `${path}${search}`, headers, agent, signal: abortSignal };
    return new Promise((resolve, reject) => {
      const sent = process.getBuiltinModule(isSecure ? "node:https" : "node:http").request(options, (response) => {
        const { statusCode, statusMessage: reason } = response;
        const values = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]);
        resolve({ response: { statusCode, reason, headers: Object.fromEntries(values), body: response } });
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  destroy() {
    this.#options.httpAgent?.destroy?.();
    this.#options.httpsAgent?.destroy?.();
  }
}

/** An agent as it is, or one of plain options; Node's own where there is none. */
function agentOf(isSecure, given) {
  if (given === undefined || typeof given.addRequest === "function") return given;
  const { Agent } = process.getBuiltinModule(isSecure ? "node:https" : "node:http");
  return new Agent(given);
}

function searchOf(query) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => (one === null ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(one)}`)));
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

module.exports = { RequestHandler };
