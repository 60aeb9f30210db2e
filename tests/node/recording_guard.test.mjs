// A recording in one scope, which is stopped whatever ends it; its journal, and what stops what killed processes left.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { caught, installed, require } from "./support.mjs";

const { ensureMeeting, policies, preflight, reap, record, startRecording } = require("chimeline/recording");
const { ChimeSDKMediaPipelines } = require("chimeline/client-chime-sdk-media-pipelines");
const { Chime } = require("chimeline/client-chime");
const { LocalChime } = require("chimeline/testing");

const SINK = "s3://recordings/guarded";
let local, client, room, folder, number = 0;
before(async () => {
  local = await LocalChime.start({ pace: 20 });
  folder = mkdtempSync(join(tmpdir(), "chimeline-journal-"));
});
after(() => {
  rmSync(folder, { recursive: true });
  return local.stop();
});
beforeEach(async () => {
  client = new ChimeSDKMediaPipelines(local.clientOptions);
  room = await newRoom();
});
const newRoom = () => ensureMeeting(`guarded-${number++}`, "us-east-1", { client });

/** The captures that do their work. */
async function active() {
  const found = [];
  for (const { MediaPipelineId } of (await client.listMediaCapturePipelines({})).MediaCapturePipelines) {
    const got = await client.getMediaCapturePipeline({ MediaPipelineId }).catch(() => undefined);
    if (["Initializing", "InProgress"].includes(got?.MediaCapturePipeline.Status)) found.push(MediaPipelineId);
  }
  return found;
}

async function untilNoneIsActive() {
  const end = Date.now() + 20_000;
  while ((await active()).length > 0) {
    assert.ok(Date.now() < end, "it still records");
    await sleep(20);
  }
}

test("it records while the function runs, and gives what that gives", async () => {
  let guarded;
  const value = await record(room, SINK, { client, concatenateTo: "s3://recordings/j" }, async (recording) => {
    guarded = recording;
    assert.equal((await client.getMediaCapturePipeline({ MediaPipelineId: recording.pipelineId })).MediaCapturePipeline.Status, "InProgress");
    assert.equal(recording.stopped, undefined);
    return 5;
  });
  assert.equal(value, 5);
  assert.deepEqual(guarded.stopped.MediaPipelineIds, [guarded.pipelineId]);
  assert.equal(guarded.stopped.MediaConcatenationPipelines.length, 1);
  assert.deepEqual(await active(), []);
  assert.equal(await record({ meeting: await newRoom(), sink: SINK, client }, () => 6), 6);
  const legacy = new Chime(local.clientOptions);
  assert.equal(await record(await newRoom(), SINK, { client: legacy }, () => 7), 7);
  assert.deepEqual(await active(), []);
});

test("without a function it records until it is disposed of, once", async () => {
  const recording = await record(room, SINK, { client });
  assert.deepEqual(await active(), [recording.pipelineId]);
  await recording[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
  assert.deepEqual(await active(), []);
  assert.equal(await recording.stop(), recording.stopped);
  assert.equal(process.listenerCount("exit"), 0);
});

test("the error of the function is the one that is thrown, and that of the stop is attached to it", async () => {
  const error = await caught(record(room, SINK, { client }, () => Promise.reject(new RangeError("body"))));
  assert.deepEqual([error.name, error.stopError], ["RangeError", undefined]);
  assert.deepEqual(await active(), []);
  const said = [];
  const logger = { error: (text) => said.push(text), info() {}, debug() {}, warn() {}, trace() {} };
  const denied = new ChimeSDKMediaPipelines({ ...local.clientOptions, logger, maxAttempts: 1 });
  await local.addFault({ id: "stop", operation: "DeleteMediaCapturePipeline", refusal: "authorization-failed" });
  const both = await caught(record(room, SINK, { client: denied }, () => Promise.reject(new RangeError("body"))));
  assert.equal(both.message, "body");
  assert.match(both.stopError.name, /Exception$/);
  const id = (await active())[0];
  assert.ok(said.some((text) => typeof text === "string" && text.includes(`${id} may still record`) && text.includes(`chimeline stop ${id}`)), String(said));
  const alone = await caught(record(room, SINK, { client: denied }, () => 1));
  assert.equal(alone.name, both.stopError.name);
  await local.removeFault("stop");
  await record(room, SINK, { client }, () => 1);
});

test("a start that was not answered is said, with what stops it", async () => {
  const said = [];
  const logger = { error: (text) => said.push(text), info() {}, debug() {}, warn() {}, trace() {} };
  const lost = new ChimeSDKMediaPipelines({ ...local.clientOptions, endpoint: "http://127.0.0.1:1", maxAttempts: 1, logger });
  const error = await caught(record(room, SINK, { client: lost }));
  assert.equal(error.code, "ECONNREFUSED");
  const { MeetingId } = room.Meeting;
  assert.ok(said.some((text) => String(text).startsWith(`the meeting ${MeetingId} may be recorded`) && text.endsWith(`chimeline stop ${MeetingId}`)), String(said));
});

test("a stop is tried again until the service confirms it", async () => {
  const once = new ChimeSDKMediaPipelines({ ...local.clientOptions, maxAttempts: 1 });
  await local.addFault({ operation: "DeleteMediaCapturePipeline", refusal: "service-unavailable", times: 2 });
  await record(room, SINK, { client: once }, () => 1);
  assert.deepEqual(await active(), []);
});

test("an abort at any time stops it", async () => {
  for (const delay of [0, 1, 5, 30, 200]) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), delay);
    const error = await caught(record(room, SINK, { client, abortSignal: controller.signal }, () => new Promise(() => {})));
    assert.deepEqual([error.name, error.cause.message], ["AbortError", "enough"]);
    assert.deepEqual(await active(), []);
  }
  assert.equal((await caught(record(room, SINK, { client, abortSignal: AbortSignal.abort() }))).name, "AbortError");
  assert.deepEqual(await active(), []);
});

test("it is stopped after its longest duration, though the function goes on", async () => {
  await record(room, SINK, { client, maxDuration: 0.2 }, async (recording) => {
    await once(recording.signal, "abort");
    await recording.stop();
    assert.deepEqual(await active(), []);
  });
});

test("what cannot be right is refused before any call", async () => {
  for (const [options, part] of [
    [{ maxDuration: 0 }, /maxDuration must be/],
    [{ maxDuration: "long" }, /maxDuration must be/],
    [{ signals: ["SIGNOT"] }, /signals must be/],
    [{ journal: 5 }, /journal must be the path/],
    [{ journal: "" }, /journal must be the path/],
    [{ jornal: "x" }, /record has no option jornal/],
    [{ concatenateTo: "nowhere" }, /concatenate_to|concatenateTo/],
  ]) {
    assert.match((await caught(record(room, SINK, { client, ...options }))).message, part);
  }
  assert.match((await caught(reap({ client }))).message, /a journal, or tags and older_than/);
  assert.deepEqual(await active(), []);
});

const PROGRAM = `
const { record } = require("chimeline/recording");
const { ChimeSDKMediaPipelines } = require("chimeline");
const { meeting, sink, way, journal, options } = JSON.parse(process.argv[1]);
const client = new ChimeSDKMediaPipelines(options);
record(meeting, sink, { client, journal, signals: way === "signals" }, async (recording) => {
  console.log(recording.pipelineId);
  if (way === "exit") process.exit(0);
  if (way === "thrown") setImmediate(() => { throw new Error("elsewhere"); });
  await new Promise((resolve) => setTimeout(resolve, 60_000));
});`;

/** A process that guards a recording, and the id of it. */
async function guarding(way, journal, meeting = room.Meeting.MeetingArn) {
  const given = { meeting, sink: SINK, way, journal, options: local.clientOptions };
  const child = spawn(process.execPath, ["-e", PROGRAM, JSON.stringify(given)], { cwd: installed, stdio: ["ignore", "pipe", "inherit"].with(2, "ignore") });
  const [line] = await once(child.stdout, "data");
  return { child, id: String(line).trim() };
}

for (const way of ["exit", "thrown", "signals"]) {
  test(`the end of the process stops it: ${way}`, async () => {
    const { child } = await guarding(way);
    const ended = once(child, "exit");
    if (way === "signals") child.kill("SIGTERM");
    const [code, signal] = await ended;
    assert.deepEqual([code, signal], { exit: [0, null], thrown: [1, null], signals: [null, "SIGTERM"] }[way]);
    await untilNoneIsActive();
  });
}

test("signals end the process as ever where nobody asked for them, and the journal tells what it left", async () => {
  const journal = join(folder, "killed");
  const { child, id } = await guarding("plain", journal);
  const other = await guarding("plain", journal, (await newRoom()).Meeting.MeetingArn);
  child.kill("SIGKILL");
  await once(child, "exit");
  const found = await reap({ journal, client });
  assert.deepEqual([found.MediaPipelineIds, found.Guarded.map(({ MediaPipelineId }) => MediaPipelineId), found.Left], [[id], [other.id], []]);
  assert.deepEqual(await active(), [other.id]);
  other.child.kill("SIGTERM");
  assert.deepEqual(await once(other.child, "exit"), [null, "SIGTERM"]);
  assert.deepEqual((await reap({ journal, client })).MediaPipelineIds, [other.id]);
  assert.deepEqual(readdirSync(folder), ["killed"]);
});

test("a journal has each step, and a damaged one is said and left as it is", async () => {
  const journal = join(folder, "steps");
  const events = () => readFileSync(journal, "utf8").trimEnd().split("\n").map((line) => JSON.parse(line).event);
  await record(room, SINK, { client, journal }, () => assert.deepEqual(events(), [undefined, "starting", "started"]));
  assert.deepEqual(events(), [undefined, "starting", "started", "stopping", "stopped"]);
  writeFileSync(journal, readFileSync(journal, "utf8") + "{");
  const error = await caught(record(room, SINK, { client, journal }));
  assert.deepEqual([error.name, /line 6 is cut off/.test(error.message)], ["RecordingError", true]);
  const text = readFileSync(journal, "utf8");
  assert.equal((await reap({ journal, client: new ChimeSDKMediaPipelines({ ...local.clientOptions, logger: console }) })).Damage, "line 6 is cut off");
  assert.equal(readFileSync(journal, "utf8"), text);
  assert.deepEqual(await active(), []);
  rmSync(journal);
});

test("without a journal they are found by tags and age", async () => {
  const { MediaPipelineId } = await startRecording(room, SINK, { client, tags: { app: "x" } });
  assert.deepEqual((await reap({ tags: { app: "y" }, client })).MediaPipelineIds, []);
  assert.deepEqual((await reap({ tags: { app: "x" }, olderThan: 3600, client })).MediaPipelineIds, []);
  assert.deepEqual((await reap({ olderThan: 0, dryRun: true, client })).MediaPipelineIds, [MediaPipelineId]);
  assert.deepEqual((await reap({ tags: { app: "x" }, client })).MediaPipelineIds, [MediaPipelineId]);
  assert.deepEqual(await active(), []);
});

test("policies are data, and preflight looks by signed reads alone", async () => {
  const made = policies("s3://recordings/x", { account: "111122223333", purpose: "concatenation" });
  assert.equal(made.bucket.Statement[0].Principal.Service, "mediapipelines.chime.amazonaws.com");
  assert.equal(policies("recordings", { account: "111122223333", legacy: true }).bucket.Statement[0].Principal.Service, "chime.amazonaws.com");
  assert.throws(() => policies("recordings", { account: "1" }), { name: "ParamValidationError", message: /account/ });
  assert.throws(() => policies("recordings", { acount: "1" }), /policies has no option acount; it takes account/);
  const seen = [];
  const account = room.Meeting.MeetingArn.split(":")[4];
  const aws = createServer((request, response) => {
    seen.push([request.method, request.headers.authorization?.split("/")[3], request.url]);
    const [status, body] = answerOf(request.url, account);
    response.writeHead(status, { "content-type": "application/xml" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(aws, "listening");
  const url = `http://127.0.0.1:${aws.address().port}`;
  const endpoints = { s3: url, sts: url, iam: url };
  for (const credentials of [local.clientOptions.credentials, async () => local.clientOptions.credentials]) {
    const asked = new ChimeSDKMediaPipelines({ ...local.clientOptions, credentials });
    const found = await preflight(SINK, { meeting: room, endpoints, client: asked });
    const verdicts = Object.fromEntries(found.checks.map(({ check, verdict }) => [check, verdict]));
    assert.equal(verdicts.credentials, "passed", JSON.stringify(found.checks));
    assert.equal(found.ready, false);
    const policy = found.checks.find(({ check, verdict }) => /policy/.test(check) && verdict === "failed");
    assert.ok(policy.cure && policy.paste.Statement.length > 0, JSON.stringify(found.checks));
  }
  aws.close();
  assert.deepEqual(new Set(seen.map(([method]) => method)), new Set(["GET"]));
  assert.ok(seen.some(([, service]) => service === "sts") || seen.length > 4, JSON.stringify(seen));
  assert.match((await caught(preflight(SINK, { client, endpoints: { ses: "x" } }))).message, /endpoints must be URLs of s3, sts, iam/);
});

function answerOf(url, account) {
  if (url.includes("GetCallerIdentity")) return [200, `<R><Account>${account}</Account><Arn>arn:aws:iam::${account}:user/u</Arn></R>`];
  if (url.includes("GetRole")) return [200, "<R><RoleName>AWSServiceRoleForAmazonChimeSDKMediaPipelines</RoleName></R>"];
  if (url.includes("?location")) return [200, "<LocationConstraint/>"];
  if (url.includes("?policy")) return [404, "<Error><Code>NoSuchBucketPolicy</Code></Error>"];
  if (url === "/") return [200, "<R><Buckets><Bucket><Name>recordings</Name></Bucket></Buckets></R>"];
  return [200, "<R/>"];
}
