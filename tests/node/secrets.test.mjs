// Keys, tokens, ARNs and ids of users are marked, calls of all kinds are made with the most verbose logger, and the marks are
// looked for where they do not belong. They belong in requests, in results, and in a fault's own value.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, caught, raw, require, reset, Server, stall } from "./support.mjs";

const { Chime, ChimeSDKMeetings } = require("chimeline");

const TOKEN = "MARKtoken0123456789/abcdefghijklmnopqrstuvwxyz+0123456789==";
const ARN = "arn:aws:chime:us-east-1:111122223333:meeting/MARKarn-0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c";
const USER = "MARKuser";
const credentials = { accessKeyId: "AKIAMARKID0123456789", secretAccessKey: "MARKsecret0123456789/abcdefghijklmnopqrs", sessionToken: TOKEN };
const input = {
  ClientRequestToken: "MARKrequest",
  MediaRegion: "us-east-1",
  ExternalMeetingId: USER,
  MeetingHostId: USER,
  NotificationsConfiguration: { SnsTopicArn: ARN, SqsQueueArn: ARN },
};
const secret = JSON.stringify({ Meeting: { MeetingArn: ARN, ExternalMeetingId: USER }, JoinToken: TOKEN });
/** Without the ARN, which the model does not mark as sensitive in a Meeting: logs of calls show it. */
const answered = JSON.stringify({ Meeting: { ExternalMeetingId: USER, MeetingHostId: USER }, JoinToken: TOKEN });

/** What the server does; what it says holds what must not be shown. */
const steps = {
  "a success": answer(200, answered),
  "a success that is cut off": answer(200, secret.slice(0, 60)),
  "a page of HTML": answer(200, `<html><a href="${ARN}">${ARN}</a> ${TOKEN}`),
  "another type": answer(200, JSON.stringify({ Meeting: USER })),
  "a connection that ends in the body": raw(`HTTP/1.1 200 X\r\nContent-Length: 5000\r\n\r\n${secret}`),
  "no HTTP": raw(secret),
  "a reset": reset,
  "a timeout": stall,
  "a wrong signature": answer(403, { Code: "InvalidSignatureException", Message: `The Canonical String was 'POST\n/\n\nx-amz-security-token:${TOKEN}'` }),
  "a code that is none": answer(400, { Code: `x ${TOKEN}\nINFO y`, Message: "m" }),
  "a wrong request": answer(400, { Code: "BadRequestException", Message: "m" }),
  "a refusal": answer(403, { Code: "ForbiddenException", Message: "m" }),
  "throttling": answer(429, { Code: "ThrottlingException", Message: "m" }),
  "a failure": answer(500, { Code: "ServiceFailureException", Message: "m" }),
};

let server;
let lines;
const logger = Object.fromEntries(["trace", "debug", "info", "warn", "error"].map((level) => [level, (...content) => lines.push([level, ...content])]));
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  lines = [];
  server.requests.length = 0;
  server.steps.length = 0;
});

/** All that a program may come to show of a thing. */
function shown(thing) {
  const parts = [inspect(thing, { depth: 20, showHidden: true, getters: true }), String(thing)];
  if (typeof thing === "object") parts.push(JSON.stringify(thing), thing.stack ?? "", thing.message ?? "", thing.hint ?? "", JSON.stringify(thing.attempts ?? []));
  return parts.join("\n");
}

function assertClean(...things) {
  for (const thing of things) {
    const text = shown(thing);
    const at = text.indexOf("MARK");
    assert.ok(at < 0, text.slice(Math.max(0, at - 200), at + 60));
  }
}

for (const [what, step] of Object.entries(steps)) {
  test(`${what} leaves no secret in a log, an error or a client`, async () => {
    server.fallback = step;
    for (const parameterValidation of [true, "strict"]) {
      const client = at(server, ChimeSDKMeetings, { credentials, logger, parameterValidation, requestHandler: { requestTimeout: 100 } });
      const outcome = await client.createMeeting(input).then(({ $metadata }) => $metadata, (error) => error);
      assertClean(outcome, client, await client.config.settings());
    }
    assert.ok(server.requests.every(({ headers, body }) => headers["x-amz-security-token"] === TOKEN && body.includes(ARN)));
    assert.equal(server.requests.length, 2);
    assertClean(lines);
    const last = what === "a success" ? "info" : "error";
    assert.deepEqual(lines.map(([level]) => level), ["debug", last, "debug", last]);
  });
}

test("faults of an input and of options quote no other value", async () => {
  const client = at(server, ChimeSDKMeetings, { credentials, logger, parameterValidation: "strict" });
  for (const wrong of [{ ...input, MediaRegion: 5 }, { ...input, MeetingHostId: "M" }, { ...input, Unknown: USER }, { ...input, ClientRequestToken: undefined, MediaRegion: undefined }]) {
    const error = await caught(client.createMeeting(wrong));
    assert.equal(error.name, "ParamValidationError");
    assertClean(error);
  }
  for (const options of [{ maxAttempts: 1.5 }, { timeout: -1 }, { retryMode: "eager" }, { credentials: { ...credentials, sessionToken: `${TOKEN}\n` } }]) {
    assertClean(await caught(at(server, ChimeSDKMeetings, { credentials, logger, ...options }).createMeeting(input)));
  }
  assert.throws(() => at(server, ChimeSDKMeetings, { credentials: { ...credentials, accessKeyId: 5 } }), (error) => (assertClean(error), true));
  assertClean(lines);
  assert.equal(server.requests.length, 0);
});

test("an aborted call leaves none either", async () => {
  server.fallback = stall;
  const client = at(server, ChimeSDKMeetings, { credentials, logger });
  const controller = new AbortController();
  const calling = caught(client.createMeeting(input, { abortSignal: controller.signal }));
  // Not before its request has come: it could take an answer that is meant for another.
  while (server.requests.length === 0) await sleep(1);
  controller.abort();
  assertClean(await calling, lines);
  assert.deepEqual(lines.map(([level]) => level), ["debug", "error"]);
  const { clientName, commandName, attempt, code } = lines[0][1];
  assert.deepEqual([clientName, commandName, attempt, code], ["ChimeSDKMeetingsClient", "CreateMeetingCommand", 1, "CallCancelledError"]);
  assert.equal(lines[1][1].error.name, "AbortError");
});

test("the logger gets an object a call, as that of the AWS SDK, and one an attempt", async () => {
  const id = { "x-amzn-RequestId": "id-1" };
  server.queue(answer(429, { Code: "ThrottledClientException" }, id), answer(200, { Meeting: { MeetingId: "m", ExternalMeetingId: USER, CreatedTimestamp: undefined } }, id));
  const client = at(server, ChimeSDKMeetings, { logger, maxAttempts: 3 });
  const { $metadata } = await client.createMeeting({ ...input, Tags: [{ Key: "k", Value: "v" }] });
  const names = { clientName: "ChimeSDKMeetingsClient", commandName: "CreateMeetingCommand" };
  const [first, second, call] = lines;
  const { duration, delay, ...rest } = first[1];
  assert.deepEqual([first[0], rest], ["debug", { ...names, attempt: 1, httpStatusCode: 429, code: "ThrottledClientException", requestId: "id-1" }]);
  assert.ok(duration > 0 && delay > 0);
  assert.deepEqual([second[0], second[1].attempt, second[1].httpStatusCode, second[1].delay], ["debug", 2, 200, null]);
  const hidden = "***SensitiveInformation***";
  const shown = { ClientRequestToken: hidden, MediaRegion: "us-east-1", MeetingHostId: hidden, ExternalMeetingId: hidden };
  const NotificationsConfiguration = { SnsTopicArn: hidden, SqsQueueArn: hidden };
  const output = { Meeting: { MeetingId: "m", ExternalMeetingId: hidden } };
  assert.deepEqual(call, ["info", { ...names, input: { ...shown, NotificationsConfiguration, Tags: [{ Key: "k", Value: "v" }] }, output, metadata: $metadata }]);
  assert.equal(lines.length, 3);
  assert.equal(client.config.logger, logger);
  server.fallback = answer(403, { Code: "Forbidden", Message: "m" });
  const error = await caught(client.createMeeting(input));
  assert.deepEqual(lines.at(-1), ["error", { ...names, input: { ...shown, NotificationsConfiguration }, error, metadata: error.$metadata }]);
  client.config.logger = undefined;
  await caught(client.createMeeting(input));
  assert.equal(lines.length, 5);
});

test("with logFormat text the logger gets a line a call and a line an attempt, in their order", async () => {
  const id = { "x-amzn-RequestId": "id-1" };
  server.queue(answer(429, { Code: "ThrottledClientException" }, id), answer(200, {}, id));
  const client = at(server, Chime, { logger, logFormat: "text", maxAttempts: 3 });
  await client.listMediaCapturePipelines({});
  const [first, second, call] = lines.map(([level, text, ...more]) => (assert.deepEqual(more, []), `${level} ${text}`));
  assert.match(first, /^debug chime\.ListMediaCapturePipelines attempt 1: status 429, code ThrottledClientException, request id id-1, [\d.]+ ms, then waited [\d.]+ ms$/);
  assert.match(second, /^debug chime\.ListMediaCapturePipelines attempt 2: status 200, code null, request id id-1, [\d.]+ ms$/);
  assert.match(call, /^info chime\.ListMediaCapturePipelines: HTTP 200 in [\d.]+ ms, attempts: 2$/);
  assert.equal(lines.length, 3);
  assert.equal(client.config.logger, logger);
  server.fallback = answer(403, { Code: "Forbidden", Message: "m" });
  assert.equal((await caught(client.listMediaCapturePipelines({}))).name, "Forbidden");
  assert.deepEqual(lines.at(-1), ["info", "chime.ListMediaCapturePipelines: ForbiddenException (Forbidden), attempts: 1"]);
});

test("a logger without the functions of one is refused", () => {
  assert.throws(() => new Chime({ logger: {} }), { name: "TypeError", message: /logger must have the functions debug and info/ });
  assert.throws(() => new Chime({ logger: console, logFormat: "json" }), { name: "TypeError", message: /logFormat must be "object" or "text", not "json"/ });
  assert.throws(() => new Chime({ logger: "console" }), { name: "TypeError", message: /logger must be an object, not string/ });
});
