// Requests, responses and retries that pass through the handlers of a call: what hooks and middleware are made of.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, capture, caught, keys, require, reset, Server, stall } from "./support.mjs";

const { Chime } = require("chimeline");
const run = promisify(execFile);

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.fallback = answer(201, { MediaCapturePipeline: { MediaPipelineId: "id-1" } });
});

/** A client whose calls have these handlers. */
function handled(handlers, options = {}) {
  const client = at(server, Chime, { maxAttempts: 3, ...options });
  const symbol = Object.getOwnPropertySymbols(client).find(({ description }) => description === "chimeline.calls");
  client[symbol].handlers = typeof handlers === "function" ? handlers : () => handlers;
  return client;
}

const create = (client, options) => client.createMediaCapturePipeline(capture, options);
const header = ({ headers }, name) => headers.find(([known]) => known === name)?.[1];

test("a header that is added is signed, and the response passes through", async () => {
  const seen = [];
  const client = handled({
    asks: ["attempts", "exchanges"],
    async attempt(number, request) {
      seen.push([number, request.method, request.url, JSON.parse(request.body).SinkArn, header(request, "authorization")]);
      request.headers.push(["X-Tenant", "blue"]);
    },
    exchange(number, request) {
      seen.push(header(request, "authorization"));
      request.headers.push(["x-late", "unsigned is free"]);
    },
    received(number, { statusCode, body }) {
      seen.push([number, statusCode, JSON.parse(body).MediaCapturePipeline.MediaPipelineId]);
    },
  });
  assert.equal((await create(client)).MediaCapturePipeline.MediaPipelineId, "id-1");
  const [{ headers }] = server.requests;
  assert.deepEqual(seen, [[1, "POST", `${server.url}/media-capture-pipelines`, capture.SinkArn, undefined], headers.authorization, [1, 201, "id-1"]]);
  assert.deepEqual([headers["x-tenant"], headers["x-late"]], ["blue", "unsigned is free"]);
  assert.match(headers.authorization, /SignedHeaders=content-type;host;x-amz-date;x-tenant,/);
});

test("method, URL and body may change before signing; bodies are bytes", async () => {
  const body = Buffer.from(Array.from({ length: 600 }, (_, i) => 128 + (i % 2) * 127));
  let sent;
  server.fallback = (request) => ((sent = request), answer(200));
  await create(handled({ asks: ["attempts"], attempt: () => ({ method: "PUT", url: `${server.url}/other?a=b%20c`, headers: [["content-length", "7"], ["x-bin", "caf\xe9"]], body }) }));
  assert.deepEqual([sent.method, sent.target, sent.headers["content-length"], sent.headers["x-bin"]], ["PUT", "/other?a=b%20c", "600", "caf\xe9"]);
});

test("what starts all attempts is asked once", async () => {
  server.queue(answer(503), answer(201));
  let asked = 0;
  await create(handled({ asks: ["request"], request: ({ headers }) => void headers.push(["x-call", String(++asked)]) }));
  assert.deepEqual(server.requests.map(({ headers }) => [headers["x-call"], headers["amz-sdk-request"]]), [["1", "attempt=1; max=3"], ["1", "attempt=2; max=3"]]);
});

test("a handler responds in place of the service", async () => {
  const response = { statusCode: 200, headers: [["x-amzn-requestid", "own"]], body: '{"MediaCapturePipeline":{"MediaPipelineId":"own"}}' };
  for (const [asks, method] of [["request", "request"], ["attempts", "attempt"], ["exchanges", "exchange"]]) {
    const output = await create(handled({ asks: [asks], [method]: async () => response, received: () => assert.fail("nothing was sent") }));
    assert.deepEqual([output.MediaCapturePipeline.MediaPipelineId, output.$metadata.requestId], ["own", "own"]);
  }
  const error = await caught(create(handled({ asks: ["attempts"], attempt: () => ({ statusCode: 403, headers: [], body: Buffer.from('{"Code":"Forbidden","Message":"no"}') }) })));
  assert.deepEqual([error.constructor.name, error.message, server.requests.length], ["ForbiddenException", "no", 0]);
});

test("a handler sends again within an attempt, and next() is what the following question settles", async () => {
  server.queue(answer(400, { Code: "BadRequest" }), reset, answer(201, { MediaCapturePipeline: { MediaPipelineId: "third" } }));
  // An onion in miniature: the middleware awaits each of its sendings.
  const onion = (middleware) => {
    let settle;
    let sending;
    const whenSent = () => new Promise((resolve) => (sending = resolve));
    const next = (request) => new Promise((resolve, reject) => {
      settle = (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome));
      sending(request);
    });
    return {
      asks: ["attempts"],
      attempt(number, request) {
        const sent = whenSent();
        this.done = middleware(next, request);
        return Promise.race([sent, this.done]);
      },
      received(number, outcome) {
        const sent = whenSent();
        settle(outcome);
        return Promise.race([sent, this.done]);
      },
    };
  };
  const tries = [];
  const client = handled(onion(async (next, request) => {
    for (;;) {
      try {
        const response = await next({ ...request, headers: [...request.headers, ["x-try", String(tries.length)]] });
        tries.push(response.statusCode);
        if (response.statusCode === 201) return response;
      } catch (error) {
        tries.push(error.name);
      }
    }
  }), { maxAttempts: 1 });
  assert.equal((await create(client)).MediaCapturePipeline.MediaPipelineId, "third");
  assert.deepEqual(tries, [400, "TimeoutError", 201]);
  assert.deepEqual(server.requests.map(({ headers }) => headers["x-try"]), ["0", "1", "2"]);
});

test("what a handler throws is what the call rejects with, and is not tried again", async () => {
  for (const method of ["request", "attempt", "exchange", "received", "retry"]) {
    for (const failure of [new RangeError("own"), "no Error"]) {
      server.requests.length = 0;
      const handlers = { asks: ["request", "attempts", "exchanges", "retries"], request() {}, attempt() {}, exchange() {}, received() {}, retry() {} };
      for (const fail of [() => { throw failure; }, async () => { throw failure; }]) {
        await assert.rejects(create(handled({ ...handlers, [method]: fail })), (error) => error === failure);
      }
      assert.equal(server.requests.length, method === "received" || method === "retry" ? 2 : 0);
    }
  }
});

test("what a handler may not do is said", async () => {
  const changes = [
    ["exchange", (request) => void (request.url = `${server.url}/other`), /changed the URL of a request that is signed/],
    ["exchange", (request) => void (request.body = "{}"), /changed the body of a request that is signed/],
    ["exchange", (request) => void (request.headers = []), /changed the signed headers of/],
    ["attempt", (request) => void (request.url = "https://127.0.0.1/"), /from http to https/],
    ["attempt", (request) => void request.headers.push(["x-a", "b\n"]), /the value of the header "x-a" is not valid/],
    ["attempt", () => ({ statusCode: 99 }), /the status 99 is not one of HTTP/],
    ["attempt", () => "request", /must return a request, a response or nothing, not string/],
  ];
  for (const [method, change, message] of changes) {
    const handlers = { asks: ["attempts", "exchanges"], attempt() {}, exchange() {}, received() {}, [method]: (number, request) => change(request) };
    assert.match((await caught(create(handled(handlers)))).message, message);
  }
  assert.equal(server.requests.length, 0);
});

test("a handler decides on retries", async () => {
  const deciding = (...decisions) => {
    const seen = [];
    return [{ asks: ["retries"], retry: (number, error, delay) => (seen.push([number, error?.name, delay !== undefined]), decisions.shift()) }, seen];
  };
  server.queue(answer(400, { Code: "BadRequest" }), answer(400, { Code: "BadRequest" }), answer(201));
  const [more, seen] = deciding(1, 0, undefined);
  assert.equal((await create(handled(more, { maxAttempts: 1 }))).$metadata.attempts, 3);
  assert.deepEqual(seen, [[1, "BadRequest", false], [2, "BadRequest", false], [3, undefined, false]]);
  server.queue(answer(429, { Code: "Throttled" }));
  const [fewer, seenOnce] = deciding(false);
  assert.equal((await caught(create(handled(fewer)))).name, "Throttled");
  assert.deepEqual(seenOnce, [[1, "Throttled", true]]);
});

test("the attempt's timeout is that of the exchange, the timeout that of all", async () => {
  const slow = () => ({ asks: ["attempts"], attempt: () => sleep(100), received: () => sleep(100) });
  assert.equal((await create(handled(slow(), { requestHandler: { requestTimeout: 80 } }))).$metadata.attempts, 1);
  const error = await caught(create(handled(slow()), { timeout: 50 }));
  assert.match(error.message, /it was waiting for a handler of attempt 1/);
  server.queue(stall);
  const seen = [];
  await create(handled({ asks: ["attempts"], attempt() {}, received: (number, outcome) => void seen.push(outcome.name) }, { requestHandler: { requestTimeout: 50 } }));
  assert.deepEqual(seen, ["TimeoutError", undefined]);
});

test("handlers run in the caller's context, may call the client they serve, and an abort ends the wait for them", async () => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const client = handled((operation) => (operation.name !== "CreateMediaCapturePipeline" ? undefined : {
    asks: ["attempts"],
    async attempt() {
      seen.push(storage.getStore());
      await client.listMediaCapturePipelines({});
    },
    received: () => void seen.push(storage.getStore()),
  }), { requestHandler: { httpAgent: { maxSockets: 1 } } });
  await storage.run("tenant", () => create(client));
  assert.deepEqual(seen, ["tenant", "tenant"]);
  const controller = new AbortController();
  const waiting = handled({ asks: ["attempts"], attempt: () => new Promise(() => {}) });
  const aborted = caught(create(waiting, { abortSignal: controller.signal }));
  setTimeout(() => controller.abort(), 20);
  assert.equal((await aborted).name, "AbortError");
});

test("an open question keeps the process alive, as an open call does", async () => {
  const program = `
    const { Chime } = require(${JSON.stringify(require.resolve("chimeline"))});
    const client = new Chime({ region: "us-east-1", endpoint: ${JSON.stringify(server.url)}, credentials: () => new Promise((resolve) => setTimeout(resolve, 100, ${JSON.stringify(keys)}).unref()) });
    client.listMediaCapturePipelines({}).then(() => console.log("done"));
  `;
  const { stdout, stderr } = await run(process.execPath, ["-e", program]);
  assert.deepEqual([stdout, stderr], ["done\n", ""]);
});
