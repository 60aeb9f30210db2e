import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { Agent } from "node:https";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, capture, caught, keys, require, secret, Server } from "./support.mjs";

const chimeline = require("chimeline");
const pipelines = require("chimeline/client-chime-sdk-media-pipelines");
const { Chime, ChimeSDKMediaPipelines, ChimeSDKMeetings } = chimeline;

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.steps.length = 0;
  server.fallback = answer(200);
});

const created = answer(
  201,
  { MediaCapturePipeline: { MediaPipelineId: "p-1", CreatedTimestamp: "2024-02-29T12:34:56.789Z", Later: 1 } },
  { "Content-Type": "application/json", "x-amzn-RequestId": "r-1", "x-amz-cf-id": "cf" },
);

test("the aggregated client has a method for each operation", async () => {
  server.queue(created);
  const output = await at(server, Chime).createMediaCapturePipeline(capture);
  assert.deepEqual(output, {
    $metadata: { httpStatusCode: 201, requestId: "r-1", extendedRequestId: undefined, cfId: "cf", attempts: 1, totalRetryDelay: 0 },
    MediaCapturePipeline: { MediaPipelineId: "p-1", CreatedTimestamp: new Date("2024-02-29T12:34:56.789Z") },
  });
  const [sent] = server.requests;
  assert.equal(`${sent.method} ${sent.target}`, "POST /media-capture-pipelines");
  assert.match(sent.headers["user-agent"], /^chimeline\/\S+ .*lang\/js#\d+/);
});

test("a client takes commands, and a command shows its input", async () => {
  const { ChimeSDKMediaPipelinesClient, CreateMediaCapturePipelineCommand } = pipelines;
  server.queue(created);
  const command = new CreateMediaCapturePipelineCommand(capture);
  assert.equal(command.input, capture);
  const output = await at(server, ChimeSDKMediaPipelinesClient).send(command);
  assert.equal(output.MediaCapturePipeline.MediaPipelineId, "p-1");
  assert.equal(server.requests[0].target, "/sdk-media-capture-pipelines");
  assert.ok(at(server, ChimeSDKMediaPipelines) instanceof ChimeSDKMediaPipelinesClient);
});

test("a command of another service, or of none, is refused with what it is", async () => {
  const { ListMediaCapturePipelinesCommand } = require("chimeline/client-chime");
  const client = at(server, ChimeSDKMediaPipelines);
  for (const command of [new ListMediaCapturePipelinesCommand({}), {}, undefined, "x"]) {
    const error = await caught(client.send(command));
    assert.ok(error instanceof TypeError);
    assert.match(error.message, /send takes a command of ChimeSDKMediaPipelines, not /);
  }
  assert.equal(server.requests.length, 0);
});

test("callbacks take the outcome, with and without options", async () => {
  server.queue(created, answer(404, { Code: "NotFound", Message: "gone" }, { "x-amzn-ErrorType": "NotFoundException" }), created);
  const client = at(server, Chime);
  const outcome = (start) => new Promise((resolve) => assert.equal(start((...given) => resolve(given)), undefined));
  const [none, output] = await outcome((callback) => client.createMediaCapturePipeline(capture, callback));
  assert.equal(none, null);
  assert.equal(output.MediaCapturePipeline.MediaPipelineId, "p-1");
  const [error, nothing] = await outcome((callback) => client.getMediaCapturePipeline({ MediaPipelineId: "x" }, {}, callback));
  assert.equal(error.name, "NotFoundException");
  assert.equal(nothing, undefined);
  const { CreateMediaCapturePipelineCommand } = require("chimeline/client-chime");
  const sent = await outcome((callback) => client.send(new CreateMediaCapturePipelineCommand(capture), callback));
  assert.equal(sent[1].MediaCapturePipeline.MediaPipelineId, "p-1");
});

test("ES modules export the very same classes by name", async () => {
  for (const path of ["chimeline", "chimeline/client-chime", "chimeline/client-chime-sdk-media-pipelines", "chimeline/client-chime-sdk-meetings"]) {
    const file = require.resolve(path);
    const module = await import(pathToFileURL(file.replace(/\.cjs$/, ".mjs")));
    const common = require(path);
    assert.equal(module.default, common, path);
    assert.deepEqual(Object.keys(module).filter((name) => name !== "default").sort(), Object.keys(common).sort(), path);
    for (const name of Object.keys(common)) assert.equal(module[name], common[name], `${path} ${name}`);
  }
});

test("an operation without required members needs no input", async () => {
  const { $metadata, ...output } = await at(server, ChimeSDKMediaPipelines).listMediaPipelines();
  assert.deepEqual(output, {});
  assert.equal($metadata.httpStatusCode, 200);
  assert.equal(server.requests[0].target, "/sdk-media-pipelines");
});

test("an answer without a body has metadata alone", async () => {
  server.queue(answer(204, "", { "x-amzn-requestid": "r-2" }));
  const output = await at(server, Chime).deleteMediaCapturePipeline({ MediaPipelineId: "a/b" });
  assert.deepEqual(Object.keys(output), ["$metadata"]);
  assert.equal(server.requests[0].target, "/media-capture-pipelines/a%2Fb");
});

test("many calls run at once on one client", async () => {
  const client = at(server, ChimeSDKMeetings);
  server.fallback = ({ target }) => answer(200, { Attendee: { AttendeeId: target.split("/").at(-1) } });
  const numbers = Array.from({ length: 500 }, (_, i) => i);
  const outputs = await Promise.all(numbers.map((i) => client.getAttendee({ MeetingId: "m", AttendeeId: `a-${i}` })));
  assert.deepEqual(outputs.map((output) => output.Attendee.AttendeeId), numbers.map((i) => `a-${i}`));
});

test("a retried call says how many attempts it took, and shows them", async () => {
  server.queue(answer(503, {}), created);
  const { $metadata } = await at(server, Chime, { maxAttempts: 3 }).createMediaCapturePipeline(capture);
  assert.equal($metadata.attempts, 2);
  assert.ok($metadata.totalRetryDelay >= 0);
  assert.deepEqual($metadata.history.map((attempt) => attempt.httpStatusCode), [503, 201]);
  const tokens = server.requests.map(({ body }) => JSON.parse(body).ClientRequestToken);
  assert.equal(tokens[0], tokens[1]);
});

test("region, endpoint and credentials may come from functions and promises, asked for at the first call", async () => {
  let asked = 0;
  const client = new ChimeSDKMediaPipelines({
    region: async () => "eu-west-2",
    endpoint: Promise.resolve({ protocol: "http:", hostname: "127.0.0.1", port: server.port, path: "/prefix" }),
    credentials: async () => ({ ...keys, sessionToken: `token-${++asked}`, expiration: new Date(Date.now() + 3_600_000) }),
    maxAttempts: 1,
  });
  assert.equal(asked, 0);
  await Promise.all([client.listMediaPipelines({}), client.listMediaPipelines({})]);
  await client.listMediaPipelines({});
  assert.equal(asked, 1);
  for (const { target, headers } of server.requests) {
    assert.equal(target, "/prefix/sdk-media-pipelines");
    assert.match(headers.authorization, /eu-west-2\/chime/);
    assert.equal(headers["x-amz-security-token"], "token-1");
  }
});

test("credentials of a function are renewed before they end, while calls go on with those of before", async () => {
  const clock = Date.now;
  let asked = 0;
  const credentials = async () => ({ ...keys, sessionToken: `token-${++asked}`, expiration: new Date(Date.now() + 3_600_000) });
  const client = at(server, ChimeSDKMediaPipelines, { credentials });
  try {
    await client.listMediaPipelines({});
    Date.now = () => clock() + 3_600_000 - 120_000;
    await Promise.all([client.listMediaPipelines({}), client.listMediaPipelines({})]);
    while (asked < 2) await sleep(1);
    await sleep(10);
    await client.listMediaPipelines({});
  } finally {
    Date.now = clock;
  }
  // Of the two one asks; the other may come when there are new ones already.
  const tokens = server.requests.map(({ headers }) => headers["x-amz-security-token"]);
  assert.deepEqual([tokens[0], tokens.slice(1, 3).includes("token-1"), tokens[3], asked], ["token-1", true, "token-2", 2]);
});

test("keys that have ended are never sent, and those that follow them may have no end", async () => {
  const clock = Date.now;
  const given = [{ ...keys, sessionToken: "old", expiration: new Date(Date.now() + 60_000) }, { ...keys, sessionToken: "new" }];
  const client = at(server, ChimeSDKMediaPipelines, { credentials: async () => given.shift() });
  try {
    await client.listMediaPipelines({});
    Date.now = () => clock() + 61_000;
    await client.listMediaPipelines({});
    await client.listMediaPipelines({});
  } finally {
    Date.now = clock;
  }
  assert.deepEqual(server.requests.map(({ headers }) => headers["x-amz-security-token"]), ["old", "new", "new"]);
  const unreadable = at(server, ChimeSDKMediaPipelines, { credentials: async () => ({ ...keys, expiration: "tomorrow" }) });
  assert.match((await caught(unreadable.listMediaPipelines({}))).message, /credentials\.expiration must be a Date/);
});

test("an abort and the limit of a call end the wait for credentials", async () => {
  const client = () => at(server, Chime, { credentials: () => new Promise(() => {}) });
  const late = await caught(client().listMediaCapturePipelines({}, { timeout: 20 }));
  assert.equal(late.name, "CallTimeoutError");
  assert.match(late.message, /timed out after 0\.02 s: it was getting credentials for attempt 1/);
  assert.equal(late.operation, "ListMediaCapturePipelines");
  const controller = new AbortController();
  const waiting = client();
  const calls = Array.from({ length: 20 }, () => caught(waiting.listMediaCapturePipelines({}, { abortSignal: controller.signal })));
  setTimeout(() => controller.abort(), 10);
  for (const error of await Promise.all(calls)) assert.equal(error.name, "AbortError");
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a function that fails fails the call, and the next call asks again", async () => {
  let asked = 0;
  const credentials = async () => {
    if (++asked === 1) throw new Error("vault is locked");
    return keys;
  };
  const client = at(server, ChimeSDKMediaPipelines, { credentials });
  assert.equal((await caught(client.listMediaPipelines({}))).message, "vault is locked");
  await client.listMediaPipelines({});
});

test("an option of a wrong type is refused when the client is made", () => {
  const wrong = [
    [{ region: 5 }, /region must be a string, a function that gives one or a promise, not number/],
    [{ credentials: "AKID:secret" }, /credentials must be an object/],
    [{ credentials: { accessKeyId: "x", secretAccessKey: 5 } }, /credentials\.secretAccessKey must be a string/],
    [{ maxAttempts: "3" }, /maxAttempts must be a number/],
    [{ requestHandler: { requestTimeout: "1" } }, /requestHandler\.requestTimeout must be a number/],
    [{ requestHandler: { httpsAgent: { maxSockets: "many" } } }, /maxSockets must be a number/],
    [{ requestHandler: { httpsAgent: new Agent({ ca: "pem" }) }, caBundle: "ca.pem" }, /httpsAgent has a ca, and there is a caBundle: give one of them/],
    [{ requestHandler: { httpsAgent: new Agent({ key: "pem" }) } }, /httpsAgent: its cert and its key must be given together/],
    [{ requestHandler: { httpsAgent: new Agent({ lookup() {} }) } }, /httpsAgent: its lookup cannot be taken over from an agent; name the server's address with endpoint/],
    [{ clientCert: ["chain.pem"] }, /clientCert must be the path of a PEM file, or a pair of paths/],
    [{ requestHandler: { requestTimeout: 1, throwOnRequestTimeout: "no" } }, /requestHandler\.throwOnRequestTimeout must be a boolean/],
    [{ retryStrategy: { refreshRetryTokenForRetry() {} } }, /retryStrategy must have acquireInitialRetryToken, recordSuccess, as StandardRetryStrategy/],
    [{ systemClockOffset: "5" }, /systemClockOffset must be a number/],
    [{ endpointProvider() {} }, /the option endpointProvider is not supported; name the endpoint with endpoint/],
    [{ httpsAgent: {} }, /the option httpsAgent is not supported; give it as requestHandler/],
    [{ caBundel: "ca.pem" }, /caBundel is not an option: did you mean caBundle\?/],
    [{ useFipsEndpoints: true }, /useFipsEndpoints is not an option: did you mean useFipsEndpoint\?/],
    [{ parameterValidation: "loose" }, /parameterValidation must be true, false or "strict"/],
    [null, /options of a client must be an object, not null/],
  ];
  for (const [options, message] of wrong) assert.throws(() => new Chime(options), { name: "TypeError", message });
  assert.doesNotThrow(() => new Chime({ somethingOfV3: 1, logger: console }));
});

test("a client is made with what is empty or not set, and its first call says what is missing", async () => {
  const call = async (options) => caught(new ChimeSDKMediaPipelines({ region: "us-east-1", endpoint: server.url, credentials: keys, ...options }).listMediaPipelines({}));
  for (const credentials of [{}, { accessKeyId: undefined, secretAccessKey: undefined }, { accessKeyId: "", secretAccessKey: "" }]) {
    const error = await call({ credentials });
    assert.deepEqual([error.name, error.message], ["TypeError", "credentials.accessKeyId must be a string that is not empty"]);
  }
  assert.match((await call({ credentials: { accessKeyId: "x" } })).message, /credentials\.secretAccessKey must be a string/);
  for (const region of ["", undefined, null]) {
    const error = await call({ region });
    assert.equal(error.name, "NoRegionError");
    assert.match(error.hint, /AWS_REGION/);
  }
  assert.match((await call({ endpoint: {} })).message, /endpoint must be a URL/);
  assert.match((await call({ maxAttempts: NaN })).message, /maxAttempts is NaN/);
  assert.match((await call({ timeout: NaN })).message, /timeout is NaN/);
  assert.equal(server.requests.length, 0);
});

test("the configuration can be asked for, and neither it nor the client shows a secret", async () => {
  const client = at(server, ChimeSDKMeetings, { maxAttempts: 5, requestHandler: { requestTimeout: 1234, connectionTimeout: 99 }, timeout: 5000, customUserAgent: "mine/1" });
  assert.equal(await client.config.region(), "us-east-1");
  assert.equal(await client.config.maxAttempts(), 5);
  assert.equal(await client.config.retryMode(), "standard");
  assert.equal(await client.config.useFipsEndpoint(), false);
  assert.deepEqual(await client.config.endpoint(), { hostname: "127.0.0.1", port: server.port, protocol: "http:", path: "/", query: undefined });
  const settings = await client.config.settings();
  assert.deepEqual([settings.requestTimeout, settings.connectionTimeout, settings.timeout], [1234, 99, 5000]);
  const unlimited = at(server, Chime, { requestHandler: { httpsAgent: new Agent() } });
  assert.equal((await unlimited.config.settings()).maxConnections, 2 ** 32 - 1);
  assert.match(settings.userAgent, / mine\/1$/);
  assert.equal(settings.sources.maxAttempts, "code");
  assert.equal(client.config.serviceId, "Chime SDK Meetings");
  for (const shown of [inspect(client, { depth: 10, showHidden: true }), JSON.stringify(client), JSON.stringify(settings)]) {
    assert.ok(!shown.includes(secret) && !shown.includes(keys.accessKeyId));
  }
});

test("strict validation and none are options", async () => {
  const wrong = { ...capture, SourceType: "ChimeSdkMeetings" };
  await at(server, Chime).createMediaCapturePipeline(wrong);
  const error = await caught(at(server, Chime, { parameterValidation: "strict" }).createMediaCapturePipeline(wrong));
  assert.deepEqual(error.errors, [{ reason: "invalid enum value", path: "SourceType", allowed: ["ChimeSdkMeeting"] }]);
  assert.match(error.message, /ChimeSdkMeeting/);
  await at(server, Chime, { parameterValidation: false }).createMediaCapturePipeline({});
});

test("destroy closes idle connections, and the client goes on working", async () => {
  const client = at(server, Chime);
  const other = await Server.start();
  const lonely = at(other, Chime);
  await lonely.listMediaCapturePipelines({});
  const [socket] = other.open;
  lonely.destroy();
  if (!socket.destroyed) await once(socket, "close");
  await lonely.listMediaCapturePipelines({});
  await other.stop();
  client.destroy();
});
