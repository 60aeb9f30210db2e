"use strict";
// A request handler of the user's own, as the AWS SDK has it: `handle(request, options)` gives `{ response }`.
const { attemptOf } = require("../middleware/http.cjs");
const { isTransient } = require("./retry_strategy.cjs");

/** The status by which the core knows of a failure of the handler that another attempt may mend. */
const FAILED = 503;

/**
 * What comes of one attempt: `{ response }`, with the handler's error beside it where another attempt may follow. Throws what the
 * handler throws otherwise.
 */
async function attemptOfHandler(handler, request, number, signal) {
  try {
    const { response } = await handler.handle(attemptOf(request), { abortSignal: signal });
    if (!Number.isInteger(response?.statusCode)) throw new TypeError("a request handler must give { response } with its statusCode, headers and body");
    const headers = Object.entries(response.headers ?? {}).filter(([, value]) => value != null);
    return { response: { statusCode: response.statusCode, headers, body: await collected(response.body) } };
  } catch (/** @type {any} */ error) {
    if (isTransient(error)) return { error, response: { statusCode: FAILED, headers: [], body: "{}" } };
    if (typeof error === "object" && error !== null && !Object.isFrozen(error) && error.name !== "AbortError") {
      error.$metadata = { ...error.$metadata, attempts: number, totalRetryDelay: 0 };
    }
    throw error;
  }
}

/** A body as bytes or a text: it may be a stream of Node, one of the Web, or a Blob. */
async function collected(body) {
  if (body == null || typeof body === "string" || ArrayBuffer.isView(body)) return body;
  if (typeof body.arrayBuffer === "function") return Buffer.from(await body.arrayBuffer());
  if (typeof body[Symbol.asyncIterator] !== "function") throw new TypeError("the body of a request handler's response must be a string, bytes or a stream");
  const parts = [];
  for await (const part of body) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}

module.exports = { attemptOfHandler };
