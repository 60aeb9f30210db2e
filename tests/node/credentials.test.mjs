// Credentials that a function gives: the cases of tests/vectors/credentials.json, and what waits, ends and nests meanwhile.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { after, before, beforeEach, test } from "node:test";
import { at, caught, keys, require, Server } from "./support.mjs";

const { ChimeSDKMediaPipelines } = require("chimeline");
const cases = JSON.parse(readFileSync(join(import.meta.dirname, "../vectors/credentials.json"), "utf8"));

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => (server.requests.length = 0));

const client = (credentials, options = {}) => at(server, ChimeSDKMediaPipelines, { credentials, ...options });
const signedWith = ({ headers }) => /Credential=(\w+)\//.exec(headers.authorization)[1];

for (const { name, returns, calls } of cases) {
  test(name, async (context) => {
    const down = new Error("the vault is down");
    const real = Date.now;
    let ahead = 0;
    context.mock.method(Date, "now", () => real() + ahead);
    const left = [...returns];
    let asked = 0;
    const listing = client(async () => {
      asked += 1;
      const given = left.length > 1 ? left.shift() : left[0];
      if (given.raises) throw down;
      const expiration = given.expires_in === undefined ? undefined : new Date(Date.now() + given.expires_in * 1000);
      return { accessKeyId: given.id, secretAccessKey: "SK", expiration };
    });
    for (const call of calls) {
      ahead += (call.after ?? 0) * 1000;
      for (let i = 0; i < (call.times ?? 1); i++) {
        server.requests.length = 0;
        if (call.error === undefined) {
          await listing.listMediaPipelines({});
          assert.ok(call.signed.includes(signedWith(server.requests[0])));
        } else {
          const error = await caught(listing.listMediaPipelines({}));
          if (call.error === "raised") assert.equal(error, down);
          else {
            assert.equal(error.name, "CredentialRetrievalError");
            assert.ok(error.message.includes(call.error), error.message);
            assert.equal(error.operation, "ListMediaPipelines");
          }
          assert.equal(server.requests.length, 0);
        }
      }
      // A refresh goes on beside the calls.
      await sleep(5);
      assert.equal(asked, call.asked);
    }
  });
}

test("calls that begin together ask once, and all reject with what the function throws", async () => {
  let asked = 0;
  const failure = new Error("vault is locked");
  const failing = client(async () => {
    asked += 1;
    await sleep(20);
    throw failure;
  });
  const errors = await Promise.all(Array.from({ length: 10 }, () => caught(failing.listMediaPipelines({}))));
  assert.deepEqual(new Set(errors), new Set([failure]));
  assert.equal(asked, 1);
});

test("a slow function counts against the timeout, also of a call that waits for another's load, and serves the next call", async () => {
  let asked = 0;
  const slow = client(async () => {
    asked += 1;
    await sleep(500);
    return keys;
  });
  const started = performance.now();
  const errors = await Promise.all([50, 60].map((timeout) => caught(slow.listMediaPipelines({}, { timeout }))));
  assert.ok(performance.now() - started < 450);
  for (const [i, error] of errors.entries()) {
    assert.equal(error.name, "CallTimeoutError");
    assert.match(error.message, new RegExp(`timed out after 0\\.0${5 + i} s: it was getting credentials for attempt 1`));
  }
  assert.equal(server.requests.length, 0);
  await slow.listMediaPipelines({});
  assert.equal(asked, 1);
});

test("an abort while the function is asked ends that call alone", async () => {
  let release;
  const slow = client(() => new Promise((resolve) => (release = () => resolve(keys))));
  const controller = new AbortController();
  const aborted = caught(slow.listMediaPipelines({}, { abortSignal: controller.signal }));
  const other = slow.listMediaPipelines({});
  while (release === undefined) await sleep(1);
  controller.abort();
  assert.equal((await aborted).name, "AbortError");
  release();
  assert.equal((await other).$metadata.httpStatusCode, 200);
});

test("a call that is aborted before its question is asked leaves it to another", async () => {
  let asked = 0;
  const waiting = client(async () => {
    asked += 1;
    return keys;
  });
  await caught(client({ accessKeyId: "AK", secretAccessKey: "SK" }).listMediaPipelines({ MaxResults: 0 }));
  const controller = new AbortController();
  const calls = Array.from({ length: 5 }, () => caught(waiting.listMediaPipelines({}, { abortSignal: controller.signal })));
  const others = Array.from({ length: 5 }, () => waiting.listMediaPipelines({}));
  controller.abort();
  for (const error of await Promise.all(calls)) assert.equal(error.name, "AbortError");
  assert.equal((await Promise.all(others)).length, 5);
  assert.equal(asked, 1);
});

test("a function that calls the client it serves is told so, and what it leaves behind is not", async () => {
  let later;
  let own;
  const served = client(async () => {
    later = sleep(50).then(() => served.listMediaPipelines({}));
    own ??= await caught(served.listMediaPipelines({}));
    return keys;
  });
  await served.listMediaPipelines({});
  assert.equal(own.name, "CredentialRetrievalError");
  assert.match(own.message, /the credentials function calls a client that takes its credentials from it; give it a client with credentials of its own/);
  assert.equal((await later).$metadata.httpStatusCode, 200);
});

test("the function runs in the context of the call that asks", async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const failing = client(async () => {
    seen.push(storage.getStore());
    throw new Error("down");
  });
  for (const tenant of ["one", "two"]) await storage.run(tenant, () => caught(failing.listMediaPipelines({})));
  assert.deepEqual(seen, ["one", "two"]);
});

test("what is thrown may be anything, and what is no set of credentials is named", async () => {
  const calling = client(() => Promise.reject("no Error"));
  await assert.rejects(calling.listMediaPipelines({}), (error) => error === "no Error");
  for (const [given, says] of [[undefined, /credentials must be an object/], [{ accessKeyId: "AK" }, /credentials\.secretAccessKey must be/], [{ ...keys, accessKeyId: "AK\n" }, /the access key id given in code ends with a newline/]]) {
    assert.match((await caught(client(async () => given).listMediaPipelines({}))).message, says);
  }
  assert.equal(server.requests.length, 0);
});

test("a worker that is terminated while its function is asked leaves the process alone", async () => {
  const code = `
    const { parentPort } = require("node:worker_threads");
    const { Chime } = require(${JSON.stringify(require.resolve("chimeline"))});
    const credentials = () => (parentPort.postMessage("asked"), new Promise(() => {}));
    const client = new Chime({ region: "us-east-1", endpoint: ${JSON.stringify(server.url)}, credentials });
    for (let i = 0; i < 5; i++) client.listMediaCapturePipelines({});`;
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(code, { eval: true });
    assert.deepEqual(await once(worker, "message"), ["asked"]);
    assert.equal(await worker.terminate(), 1);
  }
  assert.equal(server.requests.length, 0);
});
