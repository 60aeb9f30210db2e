// The control API, faults, state and events of the local service, as tests of a user's code drive them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { caught, require } from "./support.mjs";

const { ChimeSDKMediaPipelines, ChimeSDKMeetings } = require("chimeline");
const { LocalChime } = require("chimeline/testing");

const folder = mkdtempSync(join(tmpdir(), "chimeline-local-"));
after(() => rmSync(folder, { recursive: true }));

const MEETING = { MediaRegion: "us-east-1", ExternalMeetingId: "standup", ClientRequestToken: "token-1" };
const once = (local, Class = ChimeSDKMeetings) => new Class({ ...local.clientOptions, maxAttempts: 1 });

/** Starts a service for the length of the test. */
async function started(t, options = {}) {
  const local = await LocalChime.start({ transitionDelaySeconds: 1, ...options });
  t.after(() => local.stop());
  return local;
}

/** A recorded meeting from its start to its end, after six and a half minutes. */
async function record(local) {
  const { Meeting } = await once(local).createMeeting({ ...MEETING, ClientRequestToken: crypto.randomUUID() });
  await once(local).createAttendee({ MeetingId: Meeting.MeetingId, ExternalUserId: "ann" });
  const { MediaCapturePipeline } = await once(local, ChimeSDKMediaPipelines).createMediaCapturePipeline({
    SourceType: "ChimeSdkMeeting",
    SourceArn: `arn:aws:chime::111122223333:meeting:${Meeting.MeetingId}`,
    SinkType: "S3Bucket",
    SinkArn: "arn:aws:s3:::recordings",
  });
  local.join(Meeting.MeetingId);
  local.advance({ seconds: 60 });
  assert.equal(local.leave(Meeting.MeetingId, "ann", { dropped: true }), 1);
  local.advance({ seconds: 330 });
  return { meetingId: Meeting.MeetingId, pipelineId: MediaCapturePipeline.MediaPipelineId };
}

test("the methods are the routes of the control API", async (t) => {
  const local = await started(t);
  assert.equal(local.health().status, "ok");
  const served = await (await fetch(`${local.url}/_local/openapi.json`)).json();
  assert.deepEqual(served, local.openapi());
  const fixed = new Date("2031-02-03T04:05:06Z");
  local.freeze();
  local.setClock(fixed);
  assert.deepEqual(local.clock(), fixed);
  local.advance({ seconds: 1.5 });
  local.advance(500);
  assert.equal(local.clock() - fixed, 2000);
  local.resume();
  assert.throws(() => local.advance({ seconds: -1 }), TypeError);
  assert.throws(() => local.control("POST", "/clock/advance", { second: 1 }), { name: "InvalidConfigError", message: /unknown member second/ });
  const { Meeting } = await once(local).createMeeting(MEETING);
  assert.equal(local.meetings()[0].meeting_id, Meeting.MeetingId);
  assert.deepEqual(local.requests({ operation: "CreateMeeting", limit: 1 })[0].input, MEETING);
  local.clearRequests();
  assert.deepEqual(local.requests(), []);
  local.endMeeting(Meeting.MeetingId);
  assert.deepEqual(local.meetings(), []);
  local.reset();
  assert.ok(Math.abs(local.clock() - Date.now()) < 5000);
});

test("faults are added, struck, counted and removed", async (t) => {
  const local = await started(t);
  const rule = local.addFault({ operation: "CreateMeeting", refusal: "limit-reached", times: 1 });
  const refused = await caught(once(local).createMeeting(MEETING));
  assert.equal(refused.name, "ResourceLimitExceededException");
  assert.equal(refused.message, "Limit reached");
  await once(local).createMeeting(MEETING);
  assert.deepEqual(local.faults(), [{ ...rule, struck: 1, remaining: 0 }]);
  local.removeFault(rule.id);
  local.addFaults([{ html: 502, times: 1 }, { error: { code: "ForbiddenException", message: "no" } }]);
  assert.equal((await caught(once(local).createMeeting(MEETING))).$metadata.httpStatusCode, 502);
  assert.match((await caught(once(local).createMeeting(MEETING))).message, /^no/);
  assert.throws(() => local.addFaults([{ cut: true }, { cut: "x" }]), { message: /fault 2: invalid cut: "x"/ });
  assert.equal(local.faults().length, 2);
  local.clearFaults();
  await once(local).createMeeting(MEETING);
  assert.ok(local.refusals().some(({ message }) => message === "The bucket policy does not exist"));
  writeFileSync(join(folder, "faults.toml"), '[[faults]]\nhtml = 503\ntimes = 2\n');
  const other = await started(t, { faults: join(folder, "faults.toml") });
  assert.deepEqual(other.faults(), [{ id: "fault-1", html: 503, times: 2, struck: 0, remaining: 2 }]);
});

test("functions get the events, one after another, and may wait", async (t) => {
  const seen = [];
  const later = [];
  const local = await started(t, { onEvent: (event) => seen.push(event) });
  local.onEvent(async (event, context) => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    later.push([event.id, typeof context]);
  });
  const { meetingId, pipelineId } = await record(local);
  await local.flushEvents();
  assert.deepEqual(seen, local.events());
  assert.deepEqual(later, seen.map(({ id }) => [id, "object"]));
  assert.ok(seen.every(({ detail }) => detail.meetingId === meetingId));
  const names = seen.map(({ detail }) => detail.eventType.replace("chime:", ""));
  assert.deepEqual(names.slice(-5), ["MediaPipelineInProgress", "AttendeeDropped", "AttendeeLeft", "MeetingEnded", "MediaPipelineDeleted"]);
  assert.deepEqual(seen.filter(({ detail }) => detail.mediaPipelineId === pipelineId).length, 2);
  assert.throws(() => local.onEvent("no"), { name: "TypeError", message: "handler must be a function, not string" });
});

test("a handler that fails is told of", async (t) => {
  const local = await started(t);
  const warned = new Promise((resolve) => process.once("warning", resolve));
  local.onEvent(() => {
    throw new RangeError("no room");
  });
  await once(local).createMeeting(MEETING);
  await assert.rejects(local.flushEvents(), { name: "RangeError", message: "no room" });
  assert.match((await warned).message, /no room/);
  await local.flushEvents();
});

test("a handler may stop the service", async (t) => {
  const local = await started(t);
  const { Meeting } = await once(local).createMeeting(MEETING);
  const stopped = new Promise((resolve) => local.onEvent(() => local.stop().then(resolve)));
  local.endMeeting(Meeting.MeetingId);
  await local.flushEvents();
  await stopped;
  assert.throws(() => local.url, /does not run any more/);
});

test("a state lasts, is exported, imported and seeded", async (t) => {
  const state = join(folder, "chime.state");
  const first = await LocalChime.start({ state, unjoinedMeetingTimeoutSeconds: "never" });
  const { Meeting } = await once(first).createMeeting(MEETING);
  const exported = first.exportState();
  await assert.rejects(LocalChime.start({ state }), { name: "InvalidConfigError", message: /another server uses it/ });
  await first.stop();
  const second = await started(t, { state, unjoinedMeetingTimeoutSeconds: "never" });
  assert.equal(second.notice, undefined);
  assert.equal((await once(second).createMeeting(MEETING)).Meeting.MeetingId, Meeting.MeetingId);
  assert.equal(second.seedState(exported), false);
  second.reset();
  assert.equal(second.seedState(exported), true);
  second.importState({ ...exported, accounts: {} });
  assert.deepEqual(second.meetings(), []);
  assert.throws(() => second.importState({ ...exported, version: 2 }), { message: /version 2/ });
  writeFileSync(join(folder, "seed.json"), JSON.stringify(exported));
  const seeded = await started(t, { seed: join(folder, "seed.json"), unjoinedMeetingTimeoutSeconds: "never" });
  assert.equal(seeded.meetings().length, 1);
});

test("pipelines are put into states, meetings that ended are no sources, others are as the switch says", async (t) => {
  const local = await started(t, { eventsFile: join(folder, "events.jsonl") });
  const { meetingId, pipelineId } = await record(local);
  const pipelines = once(local, ChimeSDKMediaPipelines);
  const { MediaPipeline } = await pipelines.getMediaPipeline({ MediaPipelineId: pipelineId });
  assert.equal(MediaPipeline.MediaCapturePipeline.Status, "Stopped");
  const source = (id, account = "111122223333") => ({
    SourceType: "ChimeSdkMeeting",
    SourceArn: `arn:aws:chime::${account}:meeting:${id}`,
    SinkType: "S3Bucket",
    SinkArn: "arn:aws:s3:::recordings",
  });
  const unknown = crypto.randomUUID();
  assert.equal((await caught(pipelines.createMediaCapturePipeline(source(meetingId)))).name, "NotFoundException");
  assert.equal((await caught(pipelines.createMediaCapturePipeline(source(unknown, "999988887777")))).name, "ForbiddenException");
  const made = await pipelines.createMediaCapturePipeline(source(unknown));
  local.forceState(made.MediaCapturePipeline.MediaPipelineId, "Failed", "the disk is full");
  const got = await pipelines.getMediaCapturePipeline({ MediaPipelineId: made.MediaCapturePipeline.MediaPipelineId });
  assert.equal(got.MediaCapturePipeline.Status, "Failed");
  const written = readFileSync(join(folder, "events.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(written, local.events());
  const strict = await started(t, { unknownMeetings: "refuse" });
  assert.equal((await caught(once(strict, ChimeSDKMediaPipelines).createMediaCapturePipeline(source(unknown)))).name, "NotFoundException");
});

test("captures write files, and say where they could not", async (t) => {
  const out = join(folder, "out");
  const local = await started(t, { artifacts: out });
  const { pipelineId } = await record(local);
  const flushed = local.flushArtifacts({ timeoutSeconds: 20 });
  assert.deepEqual([flushed.failed, flushed.waiting, flushed.error], [0, 0, null]);
  const names = readdirSync(join(out, "recordings", pipelineId), { recursive: true }).filter((name) => name.endsWith(".mp4"));
  assert.ok(names.filter((name) => name.startsWith("audio")).length >= 70);
  assert.ok(names.every((name) => /^(audio|video).\d{4}(-\d\d){5}-\d{3}/.test(name)), names[0]);
  const unreachable = await started(t, { artifactsEndpoint: "http://127.0.0.1:9", artifactsAccessKeyId: "a", artifactsSecretAccessKey: "hidden" });
  await record(unreachable);
  const failed = unreachable.flushArtifacts();
  assert.ok(failed.failed > 0);
  assert.match(failed.error, /^PUT http:\/\/127\.0\.0\.1:9\/recordings\//);
  assert.throws(() => local.flushArtifacts({ timeoutSeconds: -1 }), { name: "InvalidConfigError" });
});
