// Middleware of users, beside the AWS SDK's: each scenario runs with its clients and with these, on the same server, and says the same.
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import * as sdk from "@aws-sdk/client-chime-sdk-meetings";
import { Server, answer, at, caught, require, stall } from "./support.mjs";

const own = require("chimeline/client-chime-sdk-meetings");
const meeting = { Meeting: { MeetingId: "m-1", ExternalMeetingId: "standup" } };
const input = { ClientRequestToken: "a-token", MediaRegion: "us-east-1", ExternalMeetingId: "standup" };
const down = answer(503, { __type: "ServiceUnavailableException" });
const STEPS = ["initialize", "serialize", "build", "finalizeRequest", "deserialize"];

/** Runs the scenario with both modules, each on a server of its own that answers by the steps; gives what it returned with both. */
async function both(steps, scenario) {
  const told = [];
  for (const module of [sdk, own]) {
    const server = await Server.start(answer(200, meeting, { "x-amzn-requestid": "r-1" }));
    server.queue(...steps);
    const client = at(server, module.ChimeSDKMeetingsClient, { maxAttempts: 3 });
    try {
      told.push(await scenario(client, module, server));
    } finally {
      client.destroy();
      await server.stop();
    }
  }
  return told;
}

/** As `both`, and asserts that it was the same. */
async function same(steps, scenario) {
  const [theirs, ours] = await both(steps, scenario);
  assert.deepEqual(ours, theirs);
  return ours;
}

const create = (client, { CreateMeetingCommand }, options) => client.send(new CreateMeetingCommand(input), options);

test("a client's stack names what it has by itself", async () => {
  const [names] = await same([], (client) => [client.middlewareStack.identify()]);
  assert.equal(names.length, 9);
});

test("each step of each priority sees the call in the same order, with the same of it, in each attempt", async () => {
  const log = await same([down, down], async (client, module) => {
    const said = [];
    for (const step of STEPS) {
      for (const priority of ["low", "high", "normal"]) {
        const middleware = (next, { clientName, commandName }) => async (args) => {
          said.push([">", step, priority, args.input.ExternalMeetingId, args.request?.method, args.request?.path, args.request?.hostname, clientName, commandName]);
          try {
            const result = await next(args);
            said.push(["<", step, priority, result.response?.statusCode, result.output?.Meeting?.MeetingId, result.output?.$metadata?.requestId]);
            return result;
          } catch (error) {
            said.push(["!", step, priority, error.name, error.$metadata?.httpStatusCode]);
            throw error;
          }
        };
        client.middlewareStack.add(middleware, { step, priority });
      }
    }
    const output = await create(client, module);
    return [said, output.Meeting, output.$metadata.attempts];
  });
  assert.equal(log[2], 3);
  assert.equal(log[0].filter(([sign, step]) => sign === ">" && step === "deserialize").length, 9);
});

test("a header of a middleware is sent, and signed from the step build on", async () => {
  const headers = await same([down], async (client, module, server) => {
    let calls = 0;
    client.middlewareStack.add(
      (next) => (args) => {
        args.request.headers["x-team"] = `team ${(calls += 1)}`;
        delete args.request.headers["x-amz-user-agent"];
        return next(args);
      },
      { step: "build", priority: "low", name: "team" },
    );
    await create(client, module);
    const signed = server.requests.map(({ headers }) => /SignedHeaders=[^,]*x-team/.test(headers.authorization));
    return [server.requests.map((request) => request.headers["x-team"]), signed];
  });
  assert.deepEqual(headers, [["team 1", "team 1"], [true, true]]);
});

test("method, path, query and body can be changed before the request is signed", async () => {
  const sent = await same([], async (client, module, server) => {
    client.middlewareStack.add(
      (next) => (args) => {
        const { request } = args;
        request.method = "PUT";
        request.path = "/elsewhere/a%20b";
        request.query = { z: "1 2", a: ["x", "y&"], flag: null };
        request.body = JSON.stringify({ ...JSON.parse(request.body), Added: "ü" });
        request.headers["content-length"] = String(Buffer.byteLength(request.body));
        return next({ ...args, request });
      },
      { step: "build" },
    );
    await create(client, module);
    const [{ method, target, body }] = server.requests;
    return [method, target, JSON.parse(body)];
  });
  assert.equal(sent[1], "/elsewhere/a%20b?a=x&a=y%26&flag&z=1%202");
});

test("a header of the step finalizeRequest is sent with its attempt alone", async () => {
  await same([down], async (client, module, server) => {
    let attempt = 0;
    client.middlewareStack.add(
      (next) => (args) => {
        attempt += 1;
        return next({ ...args, request: Object.assign(args.request, { headers: { ...args.request.headers, [`x-attempt-${attempt}`]: "yes" } }) });
      },
      { step: "finalizeRequest" },
    );
    await create(client, module);
    return server.requests.map(({ headers }) => Object.keys(headers).filter((name) => name.startsWith("x-attempt")));
  });
});

test("an input that a middleware puts in its place is what is sent", async () => {
  const sent = await same([], async (client, module, server) => {
    client.middlewareStack.add((next) => (args) => next({ ...args, input: { ...args.input, ExternalMeetingId: "other" } }), { step: "initialize" });
    await create(client, module);
    return server.requests.map(({ body }) => JSON.parse(body).ExternalMeetingId);
  });
  assert.deepEqual(sent, ["other"]);
});

for (const step of STEPS) {
  test(`a middleware of the step ${step} may answer by itself: nothing is sent`, async () => {
    const told = await same([], async (client, module, server) => {
      const response = { statusCode: 200, headers: { "x-amzn-requestid": "by-itself" }, body: new TextEncoder().encode(JSON.stringify(meeting)) };
      const output = { ...meeting, $metadata: { httpStatusCode: 200, requestId: "by-itself" } };
      client.middlewareStack.add(() => async () => (step === "deserialize" ? { response } : { response, output }), { step, priority: "low" });
      const { Meeting, $metadata } = await create(client, module);
      return [Meeting, $metadata.requestId, $metadata.httpStatusCode, server.requests.length];
    });
    assert.deepEqual(told, [meeting.Meeting, "by-itself", 200, 0]);
  });

  test(`a middleware of the step ${step} may call next twice: it is sent twice`, async () => {
    const told = await same([], async (client, module, server) => {
      const twice = (next) => async (args) => {
        await next(args);
        return next(args);
      };
      client.middlewareStack.add(twice, { step });
      const { Meeting } = await create(client, module);
      return [Meeting, server.requests.length];
    });
    assert.deepEqual(told, [meeting.Meeting, 2]);
  });

  test(`an error of a middleware of the step ${step} is the call's, as it is, and is not retried`, async () => {
    const told = await same([], async (client, module, server) => {
      const mine = Object.assign(new RangeError("mine"), { detail: 5 });
      let calls = 0;
      client.middlewareStack.add(() => async () => {
        calls += 1;
        throw mine;
      }, { step });
      const error = await caught(create(client, module));
      return [error === mine, calls, server.requests.length];
    });
    assert.deepEqual(told, [true, 1, 0]);
  });

  test(`a middleware of the step ${step} may make an output of an error`, async () => {
    await same([answer(400, { __type: "BadRequestException" })], async (client, module, server) => {
      const recovering = (next) => async (args) => {
        try {
          return await next(args);
        } catch (error) {
          return { response: { statusCode: 200, headers: {} }, output: { recovered: error.name, $metadata: {} } };
        }
      };
      client.middlewareStack.add(recovering, { step, priority: "high" });
      const { recovered } = await create(client, module);
      return [recovered, server.requests.length];
    });
  });
}

test("a command has a stack of its own, which the client's other calls do not have", async () => {
  const told = await same([], async (client, module) => {
    const said = [];
    const saying = (word) => (next) => (args) => {
      said.push(word);
      return next(args);
    };
    client.middlewareStack.add(saying("client"), { step: "build" });
    const command = new module.CreateMeetingCommand(input);
    command.middlewareStack.add(saying("command"), { step: "build", name: "mine" });
    command.middlewareStack.addRelativeTo(saying("before"), { relation: "before", toMiddleware: "mine" });
    command.middlewareStack.addRelativeTo(saying("serializer"), { relation: "after", toMiddleware: "serializerMiddleware" });
    await client.send(command);
    await create(client, module);
    return said;
  });
  assert.deepEqual(told, ["serializer", "client", "before", "command", "client"]);
});

test("middleware that is removed is called no more, and one that another stands by fails the call", async () => {
  await same([], async (client, module) => {
    const said = [];
    const middleware = (next) => (args) => {
      said.push("called");
      return next(args);
    };
    client.middlewareStack.add(middleware, { step: "build", name: "one", tags: ["T"] });
    await create(client, module);
    said.push(client.middlewareStack.remove("one"), client.middlewareStack.remove("one"));
    await create(client, module);
    client.middlewareStack.addRelativeTo(middleware, { relation: "after", toMiddleware: "none" });
    said.push((await caught((async () => create(client, module))())).message);
    return said;
  });
});

test("the client's own logger middleware can be removed, and its serializer cannot", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  const lines = [];
  const logger = { trace() {}, debug() {}, warn() {}, info: (line) => lines.push(line), error: (line) => lines.push(line) };
  const client = at(server, own.ChimeSDKMeetingsClient, { logger });
  client.middlewareStack.remove("loggerMiddleware");
  await create(client, own);
  assert.deepEqual(lines, []);
  client.middlewareStack.remove("serializerMiddleware");
  assert.match((await caught(create(client, own))).message, /^serializerMiddleware cannot be removed or replaced/);
});

test("the caller's asynchronous context is that of its middleware, in each part", async () => {
  const told = await same([down], async (client, module) => {
    const storage = new AsyncLocalStorage();
    const said = [];
    for (const step of STEPS) {
      client.middlewareStack.add((next) => async (args) => {
        said.push(storage.getStore());
        const result = await next(args);
        said.push(storage.getStore());
        return result;
      }, { step });
    }
    await Promise.all(["a", "b"].map((name) => storage.run(name, () => create(client, module))));
    return said.filter((name) => name === undefined).length;
  });
  assert.equal(told, 0);
});

test("a call that is aborted while its middleware waits ends at once", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  for (const step of ["build", "finalizeRequest", "deserialize"]) {
    const client = at(server, own.ChimeSDKMeetingsClient);
    client.middlewareStack.add(() => () => new Promise(() => {}), { step });
    const aborting = new AbortController();
    setTimeout(() => aborting.abort(new Error("enough")), 20);
    const error = await caught(create(client, own, { abortSignal: aborting.signal }));
    assert.equal(error.name, "AbortError", step);
    assert.equal(error.cause.message, "enough");
  }
  assert.equal(server.requests.length, 0);
});

test("the deadline of a call bounds its middleware too", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  for (const step of ["build", "finalizeRequest", "deserialize"]) {
    const client = at(server, own.ChimeSDKMeetingsClient, { timeout: 30 });
    client.middlewareStack.add(() => () => new Promise(() => {}), { step });
    assert.equal((await caught(create(client, own))).name, "CallTimeoutError", step);
  }
});

test("the deadline counts from the call's beginning, whatever its middleware waited for, and through a second next()", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  for (const [step, answers] of [["initialize", [stall]], ["build", [answer(200, meeting), stall]]]) {
    server.queue(...answers);
    const client = at(server, own.ChimeSDKMeetingsClient, { timeout: 1_000 });
    client.middlewareStack.add((next) => async (args) => {
      if (step === "build") await next(args);
      await new Promise((resolve) => setTimeout(resolve, 800));
      return next(args);
    }, { step });
    const began = performance.now();
    assert.equal((await caught(create(client, own))).name, "CallTimeoutError");
    assert.ok(performance.now() - began < 1_700, step);
  }
});

test("an attempt that times out fails in its middleware, and the next one goes through it too", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  server.queue(stall);
  const client = at(server, own.ChimeSDKMeetingsClient, { maxAttempts: 2 });
  const said = [];
  client.middlewareStack.add((next) => async (args) => {
    try {
      const { response } = await next(args);
      said.push(response.statusCode);
      return { response };
    } catch (error) {
      said.push(error.name);
      throw error;
    }
  }, { step: "deserialize", priority: "low" });
  const { $metadata } = await create(client, own, { requestTimeout: 100 });
  assert.deepEqual([said.length, said[1], $metadata.attempts, server.requests.length], [2, 200, 2, 2]);
  assert.match(said[0], /Timeout/);
});

test("middleware goes together with an HTTP handler of the user's own and with a retry strategy", async () => {
  const told = [];
  for (const module of [sdk, own]) {
    const said = [];
    const handler = {
      async handle(request) {
        said.push(["handled", request.headers["x-team"], /SignedHeaders=[^,]*x-team/.test(request.headers.authorization)]);
        const isFirst = said.filter(([what]) => what === "handled").length === 1;
        const body = Buffer.from(JSON.stringify(isFirst ? { __type: "ServiceUnavailableException" } : meeting));
        return { response: { statusCode: isFirst ? 503 : 200, headers: { "content-type": "application/json" }, body } };
      },
    };
    const retryStrategy = {
      acquireInitialRetryToken: async () => ({ getRetryCount: () => 0, getRetryDelay: () => 0 }),
      refreshRetryTokenForRetry: async (_, { errorType }) => (said.push(["refreshed", errorType]), { getRetryCount: () => 1, getRetryDelay: () => 0 }),
      recordSuccess: () => said.push(["recorded"]),
    };
    const client = new module.ChimeSDKMeetingsClient({ region: "us-east-1", credentials: { accessKeyId: "AKID", secretAccessKey: "secret" }, requestHandler: handler, retryStrategy });
    client.middlewareStack.add((next) => (args) => next(Object.assign(args, { request: Object.assign(args.request, { headers: { ...args.request.headers, "x-team": "blue" } }) })), { step: "build" });
    assert.equal((await create(client, module)).Meeting.MeetingId, "m-1");
    told.push(said);
  }
  assert.deepEqual(told[1], told[0]);
  assert.deepEqual(told[1].map(([what, team, isSigned]) => [what, what === "refreshed" || team, isSigned]), [["handled", "blue", true], ["refreshed", true, undefined], ["handled", "blue", true], ["recorded", undefined, undefined]]);
});

test("an invalid input fails before any middleware has a request", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  const client = at(server, own.ChimeSDKMeetingsClient);
  const said = [];
  client.middlewareStack.add((next) => (args) => {
    said.push(args.request);
    return next(args);
  }, { step: "build" });
  assert.equal((await caught(client.send(new own.CreateMeetingCommand({})))).name, "ParamValidationError");
  assert.deepEqual(said, []);
});

test("calls through middleware leave nothing behind", async (t) => {
  const server = await Server.start(answer(200, meeting));
  t.after(() => server.stop());
  const client = at(server, own.ChimeSDKMeetingsClient);
  client.middlewareStack.add((next) => (args) => next(args), { step: "finalizeRequest" });
  client.middlewareStack.add((next) => (args) => next(args), { step: "build" });
  const rss = [];
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 200; i++) await create(client, own);
    globalThis.gc();
    rss.push(process.memoryUsage().heapUsed);
  }
  assert.ok(rss[3] - rss[1] < 3e6, String(rss));
});
