"use strict";
// OpenTelemetry: a span a call, with the name and the attributes that `@opentelemetry/instrumentation-aws-sdk` gives those of the AWS SDK.
// That one wraps modules of the AWS SDK, of which there are none here.
const { VERSION } = require("../../generated/version.cjs");
const { places, resolved } = require("../wire/places.cjs");

/** Where every copy of `@opentelemetry/api` of version 1 keeps what was registered. */
const REGISTERED = Symbol.for("opentelemetry.js.api.1");

/** `@opentelemetry/api`, once it was looked for: null where it cannot be loaded. */
let api;

/** What spans are made with; nothing as long as no provider of tracers is registered, or spans of AWS clients are switched off. */
function tracing() {
  if (globalThis[REGISTERED]?.trace === undefined || isDisabled()) return undefined;
  if (api === undefined) {
    const file = places().map((from) => resolved(from, "@opentelemetry/api")).find((found) => found !== undefined);
    api = file === undefined ? null : process.getBuiltinModule("node:module").createRequire(file)(file);
  }
  return api ?? undefined;
}

/** By the variable that `@opentelemetry/auto-instrumentations-node` reads. */
function isDisabled() {
  const names = process.env.OTEL_NODE_DISABLED_INSTRUMENTATIONS;
  return names !== undefined && names.split(",").some((name) => name.trim() === "aws-sdk");
}

/**
 * Makes the call inside of a span; `region` gives the client's.
 * @param {any} api
 */
async function traced(api, { name, service }, region, call) {
  const { SpanKind, SpanStatusCode, context, trace } = api;
  const rpcService = service.serviceId.replace(/\s+/g, "");
  const attributes = { "rpc.system": "aws-api", "rpc.method": name, "rpc.service": rpcService };
  const span = trace.getTracer("chimeline", VERSION).startSpan(`${rpcService}.${name}`, { kind: SpanKind.CLIENT, attributes });
  const told = (key, value) => {
    if (value) span.setAttribute(key, value);
  };
  try {
    const output = await context.with(trace.setSpan(context.active(), span), call);
    const { requestId, httpStatusCode, extendedRequestId } = output.$metadata;
    told("aws.request.id", requestId);
    told("http.response.status_code", httpStatusCode);
    told("aws.request.extended_id", extendedRequestId);
    return output;
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    told("http.response.status_code", error?.$metadata?.httpStatusCode);
    span.setStatus({ code: SpanStatusCode.ERROR, message: error?.message });
    span.recordException(error);
    throw error;
  } finally {
    // A client that has none has said so by its error.
    told("cloud.region", await region().catch(() => undefined));
    span.end();
  }
}

module.exports = { traced, tracing };
