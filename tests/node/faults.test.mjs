// Faults of the network: the error's class, the requests that came, the record of attempts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { answer, at, capture, caught, raw, require, reset, Server, stall } from "./support.mjs";

const { Chime } = require("chimeline");

const whole = JSON.stringify({ MediaCapturePipeline: { MediaPipelineId: "p-1" } });

async function nowhere() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

// What the server does, the error's class, how many requests come, how many attempts are made, and the client's options.
const cells = {
  "a name without an address": [answer(200), "EndpointConnectionError", 0, 3, { endpoint: "http://no-such-host.invalid" }],
  "a port that refuses": [answer(200), "EndpointConnectionError", 0, 3, { endpoint: await nowhere() }],
  "a silent handshake": [answer(200), "ConnectTimeoutError", 0, 3, { secure: true, requestHandler: { connectionTimeout: 60 } }],
  "an end before the head": [raw(""), "ConnectionClosedError", 3, 3],
  "a reset before the head": [reset, "ConnectionClosedError", 3, 3],
  nothing: [stall, "ReadTimeoutError", 3, 3, { requestHandler: { requestTimeout: 60 } }],
  "not a byte": [stall, "ReadTimeoutError", 3, 3, { requestHandler: { socketTimeout: 60 } }],
  "an end in the head": [raw("HTTP/1.1 201 X\r\nCont"), "ConnectionClosedError", 3, 3],
  "another protocol": [raw("220 mail ESMTP\r\n"), "ConnectionClosedError", 3, 3],
  "an end in the body": [raw(`HTTP/1.1 201 X\r\nContent-Length: 500\r\n\r\n${whole}`), "ConnectionClosedError", 3, 3],
  "an end in a chunk": [raw("HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"), "ConnectionClosedError", 3, 3],
  HTML: [answer(200, "<html>"), "ResponseError", 1, 1],
  "half of the JSON": [answer(201, whole.slice(0, 30)), "ResponseError", 1, 1],
  "lists within lists": [answer(201, `{"MediaCapturePipeline":${"[".repeat(100_000)}`), "ResponseError", 1, 1],
  "a redirect": [answer(307, "", { Location: "http://127.0.0.1:1/" }), "ServiceException", 1, 1],
  "an unavailable service": [answer(503, ""), "ServiceException", 3, 3],
  "a call without end": [stall, "CallTimeoutError", 1, 1, { timeout: 60 }],
};

for (const [name, [step, due, requests, attempts, { secure, ...options } = {}]] of Object.entries(cells)) {
  test(name, async (t) => {
    const server = await started(t, step);
    const endpoint = secure ? server.url.replace("http:", "https:") : server.url;
    const error = await caught(at(server, Chime, { endpoint, maxAttempts: 3, ...options }).createMediaCapturePipeline(capture));
    const classes = [];
    for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) classes.push(proto.constructor.name);
    assert.ok(classes.includes(due), `${classes}: ${error.message}`);
    assert.deepEqual([server.requests.length, error.attempts.length], [requests, attempts]);
  });
}

test("a connection that the server closed is replaced", async (t) => {
  const server = await started(t, raw(`HTTP/1.1 201 X\r\nContent-Length: ${whole.length}\r\n\r\n${whole}`));
  const client = at(server, Chime, { maxAttempts: 3 });
  for (let i = 0; i < 3; i++) {
    const { $metadata } = await client.createMediaCapturePipeline(capture);
    assert.equal($metadata.attempts, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(server.connections, 3);
});

async function started(t, step) {
  const server = await Server.start(step);
  t.after(() => server.stop());
  return server;
}
