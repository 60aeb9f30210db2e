import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, besideWrites, caught, keys, require, Server, stall } from "./support.mjs";

const chimeline = require.resolve("chimeline");
const run = promisify(execFile);

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.fallback = answer(200);
});

const prelude = () => `
  const { Chime } = require(${JSON.stringify(chimeline)});
  const client = new Chime({ region: "us-east-1", endpoint: ${JSON.stringify(server.url)}, credentials: ${JSON.stringify(keys)}, maxAttempts: 1 });
`;

test("a process ends when its last call has, and says nothing", async () => {
  const { stdout, stderr } = await run(process.execPath, ["-e", `${prelude()} client.listMediaCapturePipelines({}).then((output) => console.log(output.$metadata.httpStatusCode));`]);
  assert.deepEqual([stdout, stderr], ["200\n", ""]);
});

test("a call under way keeps the process alive, and so does one that is refused at once", async () => {
  for (const input of ["{}", "{ MaxResults: 0 }"]) {
    const { stdout } = await run(process.execPath, ["-e", `${prelude()} client.listMediaCapturePipelines(${input}).then(() => console.log("done"), () => console.log("done"));`]);
    assert.equal(stdout, "done\n");
  }
});

test("process.exit in mid-request is quiet", async () => {
  server.fallback = stall;
  for (let i = 0; i < 5; i++) {
    const { stderr } = await run(process.execPath, ["-e", `${prelude()} for (let i = 0; i < 20; i++) client.listMediaCapturePipelines({}); setTimeout(() => process.exit(0), ${i * 5});`]);
    assert.equal(stderr, "");
  }
});

test("clients work in worker threads, many at once", async () => {
  const code = `${prelude()} const { parentPort } = require("node:worker_threads");
    Promise.all(Array.from({ length: 50 }, () => client.listMediaCapturePipelines({}))).then((all) => parentPort.postMessage(all.length));`;
  const workers = Array.from({ length: 4 }, () => new Worker(code, { eval: true }));
  const told = await Promise.all(workers.map(async (worker) => {
    const [[count], exit] = await Promise.all([once(worker, "message"), once(worker, "exit")]);
    assert.deepEqual(exit, [0]);
    return count;
  }));
  assert.deepEqual(told, [50, 50, 50, 50]);
});

test("a worker that is terminated in mid-request leaves the process alone", async () => {
  // In a process of its own, whose death would show; the worker alone has loaded the module.
  server.fallback = (request) => (request.target.includes("max-results=2") ? answer(200) : stall);
  const code = `
    const { Worker } = require("node:worker_threads");
    const { once } = require("node:events");
    const worker = ${JSON.stringify(`${prelude()} const { parentPort } = require("node:worker_threads");
      for (let i = 0; i < 30; i++) client.listMediaCapturePipelines({}).catch(() => {});
      (async () => { for (;;) { await client.listMediaCapturePipelines({ MaxResults: 2 }); parentPort.postMessage(1); } })();`)};
    (async () => {
      for (let i = 0; i < 10; i++) {
        const thread = new Worker(worker, { eval: true });
        await once(thread, "message");
        await thread.terminate();
      }
      ${prelude()}
      await client.listMediaCapturePipelines({ MaxResults: 2 });
      console.log("alive");
    })();`;
  const { stdout, stderr } = await run(process.execPath, ["-e", code]);
  assert.deepEqual([stdout, stderr], ["alive\n", ""]);
});

test("memory stays flat over many failing calls", async () => {
  server.fallback = answer(403, { Message: "no".repeat(500) }, { "x-amzn-ErrorType": "ForbiddenException" });
  const { Chime } = require("chimeline");
  const client = at(server, Chime);
  const signal = new AbortController().signal;
  const round = async (calls) => {
    for (let i = 0; i < calls; i += 50) {
      await Promise.all(Array.from({ length: 25 }, () => caught(client.listMediaCapturePipelines({}, { abortSignal: signal }))));
      await Promise.all(Array.from({ length: 25 }, () => caught(client.listMediaCapturePipelines({ MaxResults: "x", Unknown: 1 }))));
      server.requests.length = 0;
    }
    for (let i = 0; i < 3; i++) {
      globalThis.gc?.();
      await sleep(10);
    }
    return process.memoryUsage().rss;
  };
  await round(4000);
  const start = await round(4000);
  const end = await round(8000);
  assert.ok(end - start < 24 << 20, `${(end - start) >> 20} MiB more after 8,000 calls`);
});

test("aborted calls leave nothing behind", async () => {
  server.fallback = stall;
  const { Chime } = require("chimeline");
  const client = at(server, Chime);
  for (let i = 0; i < 20; i++) {
    const controller = new AbortController();
    const calls = Array.from({ length: 10 }, () => caught(client.listMediaCapturePipelines({}, { abortSignal: controller.signal })));
    await sleep(2);
    controller.abort();
    for (const error of await Promise.all(calls)) assert.equal(error.name, "AbortError");
  }
  while (server.open.size > 0) await sleep(5);
});

test("the environment may be written while clients are made and called", async () => {
  assert.match(await besideWrites(3), /^\d+ calls of 4 callers/);
});
