// What goes wrong between the client and the service: each is one clear error with the operation, the host and the cause.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer as createSecureServer } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { generate } from "selfsigned";
import { answer, at, caught, keys, raw, require, reset, Server, stall } from "./support.mjs";

const { Chime, ChimeSDKMediaPipelines, ChimelineError } = require("chimeline");

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.steps.length = 0;
});

async function failure(step, options) {
  server.fallback = step;
  const error = await caught(at(server, Chime, options).listMediaCapturePipelines({}));
  assert.ok(error instanceof ChimelineError, String(error));
  assert.equal(error.operation, "ListMediaCapturePipelines");
  return error;
}

test("HTML in place of JSON names the status and the first bytes", async () => {
  const error = await failure(answer(200, "<html><body>Sign in</body></html>", { "Content-Type": "text/html" }));
  assert.equal(error.name, "ResponseError");
  assert.match(error.message, /127\.0\.0\.1/);
  assert.match(error.message, /HTTP 200.*<html><body>Sign in/);
  assert.equal(error.attempts.length, 1);
});

test("a body that is cut off is a connection that ended too soon", async () => {
  const error = await failure(raw('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"MediaCap'));
  assert.deepEqual([error.name, error.code], ["ConnectionClosedError", "ECONNRESET"]);
  const short = await failure(answer(200, '{"MediaCapturePipelines": ['));
  assert.equal(short.name, "ResponseError");
});

test("a connection that is reset is retried, then reported with its attempts", async () => {
  const error = await failure(reset, { maxAttempts: 2 });
  assert.deepEqual([error.name, error.constructor.name, error.code, error.$metadata.attempts], ["TimeoutError", "ConnectionClosedError", "ECONNRESET", 2]);
  assert.equal(server.requests.length, 2);
  assert.deepEqual(error.attempts.map(({ httpStatusCode, code }) => [httpStatusCode, code]), [[null, "ConnectionClosedError"], [null, "ConnectionClosedError"]]);
});

test("a host that never answers is a timeout", async () => {
  const error = await failure(stall, { requestHandler: { requestTimeout: 30 } });
  assert.deepEqual([error.name, error.constructor.name, error.code], ["TimeoutError", "ReadTimeoutError", "ETIMEDOUT"]);
});

test("a refused connection and an unknown host name the host", async () => {
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  for (const [endpoint, host] of [[`http://127.0.0.1:${port}`, `127.0.0.1:${port}`], ["http://no-such-host.invalid", "no-such-host.invalid"]]) {
    const error = await caught(new Chime({ region: "us-east-1", endpoint, credentials: keys, maxAttempts: 1 }).listMediaCapturePipelines({}));
    assert.equal(error.name, "EndpointConnectionError");
    assert.equal(error.host, host);
    assert.ok(error.message.includes(host.split(":")[0]), error.message);
  }
});

test("a server that speaks no TLS is told as such", async () => {
  const plain = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
  await once(plain.listen(0, "127.0.0.1"), "listening");
  const endpoint = `https://127.0.0.1:${plain.address().port}`;
  const error = await caught(new Chime({ region: "us-east-1", endpoint, credentials: keys, maxAttempts: 1 }).listMediaCapturePipelines({}));
  plain.close();
  assert.equal(error.name, "SSLError");
});

test("an agent's proxy is used, and its leniency; a client certificate is shown", async (t) => {
  server.fallback = answer(200);
  const proxied = at(server, Chime, { endpoint: "http://chime.example", requestHandler: { httpAgent: { proxy: new URL(server.url) } } });
  await proxied.listMediaCapturePipelines({});
  assert.equal(server.requests[0].target, "http://chime.example/media-capture-pipelines");

  const folder = mkdtempSync(join(tmpdir(), "chimeline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { cert, private: key } = await generate([{ name: "commonName", value: "own" }], { keyType: "ec", algorithm: "sha256" });
  const clientCert = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(clientCert[0], cert);
  writeFileSync(clientCert[1], key);
  let shown;
  const secure = createSecureServer({ cert, key, ca: cert, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    shown = request.socket.getPeerCertificate().subject?.CN;
    response.end("{}");
  }).listen(0, "127.0.0.1");
  t.after(() => secure.close());
  await once(secure, "listening");
  const endpoint = `https://127.0.0.1:${secure.address().port}`;
  assert.equal((await caught(at(server, Chime, { endpoint }).listMediaCapturePipelines({}))).name, "SSLError");
  const lenient = { endpoint, requestHandler: { httpsAgent: new Agent({ rejectUnauthorized: false }) } };
  await at(server, Chime, lenient).listMediaCapturePipelines({});
  assert.equal(shown, undefined);
  await at(server, Chime, { ...lenient, clientCert }).listMediaCapturePipelines({});
  assert.equal(shown, "own");
});

test("wrong credentials are the service's error", async () => {
  const body = { message: "The security token included in the request is invalid." };
  const error = await failure(answer(403, body, { "x-amzn-ErrorType": "UnrecognizedClientException" }));
  assert.equal(error.name, "UnrecognizedClientException");
  assert.equal(error.message, body.message);
  assert.equal(error.$fault, "client");
});

test("without credentials or a region the message says where they were looked for", async () => {
  const credentials = await caught(new Chime({ region: "us-east-1", endpoint: server.url }).listMediaCapturePipelines({}));
  assert.deepEqual([credentials.name, credentials.constructor.name], ["CredentialsProviderError", "NoCredentialsError"]);
  assert.match(credentials.message, /AWS_ACCESS_KEY_ID/);
  const region = await caught(new ChimeSDKMediaPipelines({ credentials: keys }).listMediaPipelines({}));
  assert.equal(region.name, "NoRegionError");
  const profile = await caught(new ChimeSDKMediaPipelines({ profile: "nobody" }).listMediaPipelines({}));
  assert.equal(profile.name, "ProfileNotFound");
});

test("an invalid region, endpoint or retry mode is an error of its own", async () => {
  const named = async (options) => (await caught(new ChimeSDKMediaPipelines({ credentials: keys, ...options }).listMediaPipelines({}))).name;
  assert.equal(await named({ region: "not a region" }), "InvalidRegionError");
  assert.equal(await named({ region: "us-east-1", endpoint: "nowhere" }), "InvalidEndpointError");
  assert.equal(await named({ region: "us-east-1", retryMode: "eager" }), "InvalidRetryModeError");
});
