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

/** What the server does; what it says holds what must not be shown. */
const steps = {
  "a success": answer(200, secret),
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
    assert.deepEqual(lines.map(([level]) => level), ["debug", "info", "debug", "info"]);
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
  assert.deepEqual(lines.map(([level]) => level), ["debug", "info"]);
  assert.match(lines[0][1], /^chime-sdk-meetings\.CreateMeeting attempt 1: status null, code CallCancelledError, /);
  assert.equal(lines[1][1], "chime-sdk-meetings.CreateMeeting: AbortError (CallCancelledError), attempts: 1");
});

test("the logger gets a line a call and a line an attempt, in their order", async () => {
  const id = { "x-amzn-RequestId": "id-1" };
  server.queue(answer(429, { Code: "ThrottledClientException" }, id), answer(200, {}, id));
  const client = at(server, Chime, { logger, maxAttempts: 3 });
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
  assert.throws(() => new Chime({ logger: "console" }), { name: "TypeError", message: /logger must be an object, not string/ });
});
