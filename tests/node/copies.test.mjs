// Clients, commands and errors of another copy of the package, behind a Proxy, in other contexts and threads.
import assert from "node:assert/strict";
import { createHook } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { after, before, beforeEach, test } from "node:test";
import { contextsLeft, inContext, PIPELINES } from "./contexts.mjs";
import { answer, at, caught, keys, require, Server } from "./support.mjs";

const OWN = { AWS_ACCESS_KEY_ID: "AKIDOWN", AWS_SECRET_ACCESS_KEY: "own", AWS_REGION: "eu-central-1" };

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.fallback = answer(200);
});

const keyOf = ({ headers }) => /Credential=([^/]+)\/\d+\/([^/]+)/.exec(headers.authorization).slice(1);

test("contexts that load the package and make calls are let go", async () => {
  assert.ok((await contextsLeft(server, 30)) <= 1);
});

test("no handle is open once the package is loaded, nor after the last call", async () => {
  const open = new Map();
  const hook = createHook({ init: (id, type) => /napi|threadsafe/i.test(type) && open.set(id, type), destroy: (id) => open.delete(id) }).enable();
  const settled = async () => {
    for (let i = 0; i < 50 && open.size > 0; i++) await sleep(10);
    return [...open.values()];
  };
  try {
    const { ChimeSDKMediaPipelines } = inContext().module;
    assert.deepEqual(await settled(), []);
    const client = at(server, ChimeSDKMediaPipelines);
    for (let i = 0; i < 3; i++) {
      await Promise.all([1, 2, 3].map(() => client.listMediaPipelines({})));
      assert.deepEqual(await settled(), []);
    }
    const sequence = new Set();
    const counting = createHook({ init: (id, type) => /napi|threadsafe/i.test(type) && sequence.add(id) }).enable();
    for (let i = 0; i < 20; i++) await client.listMediaPipelines({});
    counting.disable();
    assert.equal(sequence.size, 1, "calls one after the other share one handle");
  } finally {
    hook.disable();
  }
});

test("each context and worker thread has an environment of its own", async () => {
  const env = { ...OWN };
  const { ChimeSDKMediaPipelines } = inContext(env).module;
  const call = () => new ChimeSDKMediaPipelines({ endpoint: server.url, maxAttempts: 1 }).listMediaPipelines({});
  await call();
  env.AWS_ACCESS_KEY_ID = "AKIDSTUB";
  await call();
  const code = `
    const { ChimeSDKMediaPipelines } = require(${JSON.stringify(require.resolve("chimeline"))});
    new ChimeSDKMediaPipelines({ endpoint: ${JSON.stringify(server.url)}, maxAttempts: 1 }).listMediaPipelines({});`;
  await once(new Worker(code, { eval: true, env: { ...process.env, ...OWN } }), "exit");
  const signers = server.requests.map(keyOf);
  assert.deepEqual(signers, [["AKIDOWN", "eu-central-1"], ["AKIDSTUB", "eu-central-1"], ["AKIDOWN", "eu-central-1"]]);
});

test("each call carries the Lambda trace of its own time, in Lambda alone", async () => {
  const env = { ...OWN, _X_AMZN_TRACE_ID: "Root=1" };
  const { ChimeSDKMediaPipelines } = inContext(env).module;
  const client = () => new ChimeSDKMediaPipelines({ endpoint: server.url, maxAttempts: 1 });
  await client().listMediaPipelines({});
  env.AWS_LAMBDA_FUNCTION_NAME = "f";
  const inLambda = client();
  for (const trace of ["Root=2", "Root=3", "Root=\n"]) {
    env._X_AMZN_TRACE_ID = trace;
    await inLambda.listMediaPipelines({});
  }
  assert.deepEqual(server.requests.map(({ headers }) => headers["x-amzn-trace-id"]), [undefined, "Root=2", "Root=3", undefined]);
});

test("commands of one copy go to clients of another, and errors are known by both", async () => {
  const [a, b] = [require(PIPELINES), inContext().module];
  const client = at(server, a.ChimeSDKMediaPipelinesClient);
  await client.send(new b.ListMediaPipelinesCommand({ MaxResults: 5 }));
  assert.match(server.requests[0].target, /max-results=5/);
  for await (const page of b.paginateListMediaPipelines({ client }, {})) assert.equal(page.$metadata.httpStatusCode, 200);
  server.fallback = answer(404, { message: "gone" }, { "x-amzn-ErrorType": "NotFoundException" });
  const error = await caught(client.send(new b.ListMediaPipelinesCommand({})));
  for (const { NotFoundException, ThrottledClientException, ServiceException, ChimelineError, ChimeSDKMediaPipelinesServiceException: Base } of [
    { ...require("chimeline"), ...a },
    { ...b, ServiceException: Object.getPrototypeOf(b.NotFoundException), ChimelineError: Object.getPrototypeOf(Object.getPrototypeOf(b.NotFoundException)) },
  ]) {
    for (const Class of [NotFoundException, ServiceException, ChimelineError, Base]) assert.ok(error instanceof Class, Class.name);
    assert.ok(Base.isInstance(error) && NotFoundException.isInstance(error));
    assert.ok(!(error instanceof ThrottledClientException));
    class Mine extends NotFoundException {}
    assert.ok(!(error instanceof Mine) && new Mine({}) instanceof a.NotFoundException);
  }
  for (const other of [{ input: {} }, null, new (require("chimeline/client-chime").ListMediaCapturePipelinesCommand)({})]) {
    assert.match((await caught(client.send(other))).message, /send takes a command of ChimeSDKMediaPipelines, not /);
  }
  for (const value of [null, undefined, 5, "text", {}, new Error("x")]) assert.ok(!(value instanceof a.NotFoundException));
});

test("a client behind a Proxy or under Object.create makes calls", async () => {
  const { ChimeSDKMediaPipelines, ListMediaPipelinesCommand, paginateListMediaPipelines } = require(PIPELINES);
  const client = at(server, ChimeSDKMediaPipelines);
  for (const other of [new Proxy(client, {}), Object.create(client), new Proxy(at(server, ChimeSDKMediaPipelines), {})]) {
    await other.listMediaPipelines({});
    await other.send(new ListMediaPipelinesCommand({}));
    for await (const page of paginateListMediaPipelines({ client: other }, {})) assert.equal(page.$metadata.httpStatusCode, 200);
    assert.equal(await other.config.region(), "us-east-1");
    other.destroy();
  }
});

test("one call's bad signal keeps no other call from its outcome", async () => {
  const { ChimeSDKMediaPipelines } = require(PIPELINES);
  const client = at(server, ChimeSDKMediaPipelines);
  await client.listMediaPipelines({});
  const without = { aborted: false, addEventListener() {} };
  const throwing = { ...without, removeEventListener: () => assert.fail("mine") };
  for (const abortSignal of [without, throwing]) {
    const calls = [0, 1, 2, 3].map((n) => caught(client.listMediaPipelines({ MaxResults: "x" }, n === 1 ? { abortSignal } : undefined)));
    for (const error of await Promise.all(calls)) assert.equal(error.name, "ParamValidationError");
  }
  const deaf = { aborted: false, removeEventListener() {}, addEventListener: () => assert.fail("deaf") };
  assert.equal((await caught(client.listMediaPipelines({}, { abortSignal: deaf }))).message, "deaf");
});

test("an aborted call tells the attempts that were made", async () => {
  const { ChimeSDKMediaPipelines } = require(PIPELINES);
  server.fallback = answer(429, { message: "slow" }, { "Retry-After": "5", "x-amzn-ErrorType": "ThrottlingException" });
  const controller = new AbortController();
  const calling = caught(at(server, ChimeSDKMediaPipelines, { maxAttempts: 3 }).listMediaPipelines({}, { abortSignal: controller.signal }));
  while (server.requests.length === 0) await sleep(1);
  await sleep(100);
  controller.abort();
  const error = await calling;
  assert.deepEqual([error.name, error.attempts.length, error.attempts[0].httpStatusCode, error.$metadata.attempts], ["AbortError", 1, 429, 1]);
  const never = await caught(at(server, ChimeSDKMediaPipelines, { credentials: keys }).listMediaPipelines({}, { abortSignal: AbortSignal.abort() }));
  assert.deepEqual([never.attempts, never.$metadata.attempts], [[], 0]);
});
