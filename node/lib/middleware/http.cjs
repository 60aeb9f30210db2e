"use strict";
// Requests and responses as middleware sees them: with the members of those of the AWS SDK, by which its packages know them.

class HttpRequest {
  constructor({ method = "GET", protocol = "https:", hostname = "localhost", port, path = "/", query = {}, headers = {}, username, password, fragment, body } = /** @type {any} */ ({})) {
    Object.assign(this, { method, protocol, hostname, port, path, query, headers, username, password, fragment, body });
  }

  clone() {
    const { query, headers, ...rest } = /** @type {any} */ (this);
    const copies = Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]);
    return new HttpRequest({ ...rest, query: Object.fromEntries(copies), headers: { ...headers } });
  }
}

class HttpResponse {
  constructor({ statusCode, reason, headers = {}, body } = /** @type {any} */ ({})) {
    Object.assign(this, { statusCode, reason, headers, body });
  }
}

/** Of a request as the core has it, whose `url` is whole and percent-encoded, `headers` are pairs and `body` is bytes. */
function requestOf({ method, url, headers, body }) {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const text = body.length === 0 ? undefined : body.toString();
  return new HttpRequest({ method, protocol, hostname, port: port === "" ? undefined : Number(port), path: pathname, query: queryOf(search), headers: headersOf(headers), body: text });
}

/** The same as an attempt has it in the AWS SDK, with the host among its headers. */
function attemptOf(given) {
  const request = /** @type {any} */ (requestOf(given));
  request.headers = { host: hostOf(request), ...request.headers };
  return request;
}

function hostOf({ hostname, port }) {
  return port == null ? hostname : `${hostname}:${port}`;
}

/** The members of a query: a text, null for a name alone, or a list of those. */
function queryOf(search) {
  const query = {};
  for (const part of search.slice(1).split("&").filter(Boolean)) {
    const [name, value = null] = part.split(/=(.*)/s, 2).map((text) => decodeURIComponent(text.replaceAll("+", " ")));
    query[name] = Object.hasOwn(query, name) ? [query[name], value].flat() : value;
  }
  return query;
}

/** Of a response as the core has it. */
function responseOf({ statusCode, headers, body }) {
  return new HttpResponse({ statusCode, headers: headersOf(headers), body });
}

/** One value a name, as the AWS SDK's handler has it. */
function headersOf(pairs) {
  const headers = {};
  for (const [name, value] of pairs) headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  return headers;
}

/** A request for the core; a TypeError for what is none. */
function requestFor(request) {
  if (typeof request?.method !== "string" || typeof request.hostname !== "string" || typeof request.path !== "string") {
    throw new TypeError("a middleware gave next() no request: it takes the args that it was given, with their request");
  }
  const { method, protocol, hostname, port, path, query, headers, body } = request;
  const search = searchOf(query ?? {});
  const url = `${protocol ?? "https:"}//${hostname}${port == null ? "" : `:${port}`}${path}${search === "" ? "" : `?${search}`}`;
  // The core writes the host by itself, unless it is to be another one.
  const { host, ...others } = headers ?? {};
  const own = host === undefined || host === hostOf(request) ? others : headers;
  return { method, url, headers: pairsOf(own), body: bytesOf("request", body) };
}

/** A response for the core, in place of the service's; a TypeError for what is none. */
function responseFor(response) {
  if (!Number.isInteger(response?.statusCode)) throw new TypeError("a middleware gave no response with a statusCode");
  return { statusCode: response.statusCode, headers: pairsOf(response.headers ?? {}), body: bytesOf("response", response.body) };
}

function pairsOf(headers) {
  return Object.entries(headers).filter(([, value]) => value != null).map(([name, value]) => [name, String(value)]);
}

function bytesOf(what, body) {
  if (body == null) return Buffer.alloc(0);
  if (typeof body === "string") return Buffer.from(body);
  if (ArrayBuffer.isView(body)) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  throw new TypeError(`the body of a ${what} must be a string or bytes`);
}

/** A query as the AWS SDK writes it: by name, a name alone for null. */
function searchOf(query) {
  const parts = [];
  for (const name of Object.keys(query).sort()) {
    const values = [query[name]].flat();
    for (const value of values) {
      if (value === undefined) continue;
      parts.push(value === null ? escaped(name) : `${escaped(name)}=${escaped(String(value))}`);
    }
  }
  return parts.join("&");
}

function escaped(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

module.exports = { attemptOf, requestFor, requestOf, responseFor, responseOf };
