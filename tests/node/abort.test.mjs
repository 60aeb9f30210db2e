import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, caught, require, Server, stall } from "./support.mjs";

const { AbortError, CallTimeoutError, Chime, ReadTimeoutError } = require("chimeline");

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.steps.length = 0;
  server.fallback = answer(200);
});

/** How many listeners the signal has and has had. */
function watched(signal) {
  const count = { now: 0, added: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (...given) {
    count.now += 1;
    count.added += 1;
    return addEventListener.apply(this, given);
  };
  signal.removeEventListener = function (...given) {
    count.now -= 1;
    return removeEventListener.apply(this, given);
  };
  return count;
}

test("a signal that is aborted already never sends", async () => {
  const reason = new Error("enough");
  const error = await caught(at(server, Chime).listMediaCapturePipelines({}, { abortSignal: AbortSignal.abort(reason) }));
  assert.ok(error instanceof AbortError);
  assert.equal(error.name, "AbortError");
  assert.equal(error.cause, reason);
  assert.equal(error.operation, "ListMediaCapturePipelines");
  await sleep(20);
  assert.equal(server.requests.length + server.connections, 0);
});

test("aborting fails the call at once and closes its socket", async () => {
  server.fallback = stall;
  const controller = new AbortController();
  const call = caught(at(server, Chime).listMediaCapturePipelines({}, { abortSignal: controller.signal }));
  while (server.requests.length === 0) await sleep(1);
  const [socket] = server.open;
  controller.abort();
  assert.equal((await call).name, "AbortError");
  if (!socket.destroyed) await once(socket, "close");
});

test("aborting while the call waits between attempts ends it", async () => {
  server.fallback = answer(503, {}, { "x-amz-retry-after": "4000" });
  const controller = new AbortController();
  const call = caught(at(server, Chime, { maxAttempts: 3 }).listMediaCapturePipelines({}, { abortSignal: controller.signal }));
  while (server.requests.length === 0) await sleep(1);
  await sleep(20);
  controller.abort("changed my mind");
  assert.equal((await call).cause, "changed my mind");
});

test("a signal of 10,000 calls keeps no listener", async () => {
  const { signal } = new AbortController();
  const count = watched(signal);
  const client = at(server, Chime);
  for (let i = 0; i < 100; i++) {
    await Promise.all(Array.from({ length: 100 }, () => client.listMediaCapturePipelines({}, { abortSignal: signal })));
    assert.equal(count.now, 0);
  }
  // One for all the calls that share it at a time: Node warns of more than ten.
  assert.equal(count.added, 100);
});

test("a failed call leaves no listener either", async () => {
  const { signal } = new AbortController();
  const count = watched(signal);
  await caught(at(server, Chime).listMediaCapturePipelines({ MaxResults: "x" }, { abortSignal: signal }));
  assert.equal(count.now, 0);
});

test("aborting after the end changes nothing", async () => {
  const controller = new AbortController();
  const output = await at(server, Chime).listMediaCapturePipelines({}, { abortSignal: controller.signal });
  controller.abort();
  assert.equal(output.$metadata.httpStatusCode, 200);
});

test("only an AbortSignal is one", async () => {
  const error = await caught(at(server, Chime).listMediaCapturePipelines({}, { abortSignal: {} }));
  assert.match(error.message, /abortSignal must be an AbortSignal/);
});

test("a call may have a limit of its own, and a client one for all", async () => {
  server.fallback = stall;
  const client = at(server, Chime);
  const own = await caught(client.listMediaCapturePipelines({}, { timeout: 30 }));
  assert.ok(own instanceof CallTimeoutError);
  assert.match(own.message, /0\.03 s/);
  const once = await caught(client.listMediaCapturePipelines({}, { requestTimeout: 30 }));
  assert.ok(once instanceof ReadTimeoutError);
  server.requests.length = 0;
  const thrice = await caught(client.listMediaCapturePipelines({}, { requestTimeout: 20, maxAttempts: 3 }));
  assert.equal(thrice.attempts.length, 3);
  assert.equal(server.requests.length, 3);
  for (const timeout of ["1", {}]) assert.ok((await caught(client.listMediaCapturePipelines({}, { timeout }))) instanceof TypeError);
  assert.equal((await caught(client.listMediaCapturePipelines({}, { timeout: -1 }))).name, "InvalidConfigError");
  const all = await caught(at(server, Chime, { timeout: 30 }).listMediaCapturePipelines({}));
  assert.ok(all instanceof CallTimeoutError);
  const attempt = await caught(at(server, Chime, { requestHandler: { requestTimeout: 30 } }).listMediaCapturePipelines({}));
  assert.ok(attempt instanceof ReadTimeoutError);
});
