// Recordings from start to finish, against the local service.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { caught, require } from "./support.mjs";

const recording = require("chimeline/recording");
const { ChimeSDKMediaPipelines } = require("chimeline/client-chime-sdk-media-pipelines");
const { ChimeSDKMeetings } = require("chimeline/client-chime-sdk-meetings");
const { Chime } = require("chimeline/client-chime");
const { LocalChime } = require("chimeline/testing");
const { ensureMeeting, startRecording, stopRecording, concatenate, artifacts, people, parseEvent, parseEvents, resolveEvent, follow } = recording;

const ID = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";
const SINK = "s3://recordings/standup";
let local, client, meetings, room, number = 0;
before(async () => (local = await LocalChime.start({ pace: 50 })));
after(() => local.stop());
beforeEach(async () => {
  client = new ChimeSDKMediaPipelines(local.clientOptions);
  meetings = new ChimeSDKMeetings(local.clientOptions);
  room = await ensureMeeting(`room-${number++}`, "us-east-1", { client, attendees: ["ann"] });
});

test("a repeated start gives the recording that runs, and the next one comes after its end", async () => {
  const first = await startRecording(room, SINK, { client });
  assert.ok(first.CreatedTimestamp instanceof Date);
  const { MeetingArn, MeetingId } = room.Meeting;
  for (const form of [room.Meeting, MeetingArn, `arn:aws:chime::${MeetingArn.split(":")[4]}:meeting:${MeetingId}`, MeetingId]) {
    assert.equal((await startRecording(form, "arn:aws:s3:::recordings/standup/", { client })).MediaPipelineId, first.MediaPipelineId);
  }
  const many = await Promise.all(Array.from({ length: 20 }, () => startRecording(room, SINK, { client })));
  assert.deepEqual(new Set(many.map(({ MediaPipelineId }) => MediaPipelineId)), new Set([first.MediaPipelineId]));
  assert.deepEqual((await stopRecording(MeetingId, { client, wait: true })).MediaPipelineIds, [first.MediaPipelineId]);
  assert.deepEqual(await stopRecording(first, { client, wait: 5 }), { MediaPipelineIds: [first.MediaPipelineId], MediaConcatenationPipelines: [] });
  const second = await startRecording(room, SINK, { client });
  assert.notEqual(second.MediaPipelineId, first.MediaPipelineId);
});

test("a capture is joined once, whoever asks", async () => {
  const made = await startRecording(room, SINK, { client, artifacts: ["audio"], tags: { team: "a" }, streams: ["ann"] });
  const joined = await Promise.all(Array.from({ length: 5 }, () => concatenate(made, "s3://recordings/joined", { client })));
  const stopped = await stopRecording(room, { client, concatenateTo: "s3://recordings/joined", wait: true });
  const late = await concatenate(made.MediaPipelineArn, "s3://recordings/joined", { client });
  const ids = [...joined, ...stopped.MediaConcatenationPipelines, late].map(({ MediaPipelineId }) => MediaPipelineId);
  assert.equal(new Set(ids).size, 1);
  const { message, name } = await caught(concatenate(ID, "s3://recordings/x", { client }));
  assert.deepEqual([name, message.includes("needs its ARN")], ["RecordingError", true]);
  const files = await artifacts(late, { client });
  assert.equal(files.Artifacts[0].Key, `joined/audio/${late.MediaPipelineId}.mp4`);
});

test("meetings are found by name and made anew after their end; people are without the recorder", async () => {
  const name = room.Meeting.ExternalMeetingId;
  const again = await ensureMeeting(name, "us-east-1", { client: meetings, attendees: ["ann", { ExternalUserId: "bob" }] });
  assert.deepEqual(again.Meeting, room.Meeting);
  assert.deepEqual(again.Attendees[0], room.Attendees[0]);
  await startRecording(room, SINK, { client });
  assert.deepEqual((await people(room, { client })).map(({ ExternalUserId }) => ExternalUserId).sort(), ["ann", "bob"]);
  await meetings.deleteMeeting({ MeetingId: room.Meeting.MeetingId });
  const anew = await ensureMeeting(name, "us-east-1", { client: meetings });
  assert.notEqual(anew.Meeting.MeetingId, room.Meeting.MeetingId);
});

test("what cannot be right is refused before any call, by its name", async () => {
  for (const [call, part] of [
    [() => startRecording("room", SINK, { client }), "meeting must be a meeting"],
    [() => startRecording(ID, "recordings", { client }), "sink must be a place in S3"],
    [() => startRecording(ID, SINK, { client, artifacts: ["sound"] }), "artifacts must be"],
    [() => startRecording(ID, SINK, { client, request: { SourceArn: "x" } }), "SourceArn follows"],
    [() => startRecording(ID, SINK, { client: {} }), "client must be a client of"],
    [() => startRecording(ID, SINK, { cleint: 1 }), "startRecording has no option cleint"],
    [() => stopRecording("room", { client }), "target must be"],
    [() => ensureMeeting("x", "us-east-1", { client }), "name must be"],
    [() => artifacts(ID, { client, presign: -1 }), "presign must be"],
    [() => stopRecording(ID, { client, wait: "long" }), "wait must be"],
  ]) {
    const error = await caught(Promise.resolve().then(call));
    assert.match(error.message, new RegExp(part));
  }
  assert.equal((await caught(startRecording(ID, SINK, { client }))).name, "NotFoundException");
});

test("the legacy namespace records too", async () => {
  const legacy = new Chime(local.clientOptions);
  const made = await startRecording(room, SINK, { client: legacy });
  assert.equal((await startRecording(room, SINK, { client: legacy })).MediaPipelineId, made.MediaPipelineId);
  assert.deepEqual((await stopRecording(room, { client: legacy, wait: true })).MediaPipelineIds, [made.MediaPipelineId]);
});

const event = (name, mediaPipelineId) => ({
  id: "e-1", "detail-type": "Chime Media Pipeline State Change", source: "aws.chime", account: "111122223333", region: "us-east-1",
  time: "2024-02-29T12:00:00Z", detail: { eventType: `chime:${name}`, timestamp: 1709208000123, mediaPipelineId, meetingId: ID },
});

test("events are read in every form and resolved", async () => {
  const made = await startRecording(room, SINK, { client });
  const batch = { Records: [{ body: JSON.stringify({ Message: JSON.stringify(event("MediaPipelineDeleted", made.MediaPipelineId)) }) }] };
  const parsed = parseEvent(batch);
  assert.deepEqual([parsed.subject, parsed.status, parsed.mediaPipelineId], ["pipeline", "Stopped", made.MediaPipelineId]);
  assert.equal(parsed.time.getTime(), 1709208000123);
  assert.equal(parseEvents({ Records: [...batch.Records, ...batch.Records] }).length, 2);
  const resolved = await resolveEvent(batch, { client });
  assert.deepEqual([resolved.kind, resolved.pipeline.SinkArn], ["capture", made.SinkArn]);
  assert.equal((await resolveEvent(event("MediaPipelineDeleted", ID), { client })).kind, undefined);
  assert.throws(() => parseEvent({}), { name: "ParamValidationError", message: /event must be/ });
});

test("states are followed, an event saves a call, and a signal ends it", async () => {
  const made = await startRecording(room, SINK, { client });
  const states = [];
  for await (const { Status } of follow(made, { client, delay: 0.02 })) {
    states.push(Status);
    if (Status === "InProgress") await stopRecording(made, { client });
  }
  assert.equal(states.at(-1), "Stopped");
  const again = await startRecording(room, SINK, { client });
  async function* events() {
    yield event("MediaPipelinePermanentFailure", again.MediaPipelineId);
  }
  const seen = [];
  for await (const { Status } of follow(again, { client, delay: 30, events: events() })) seen.push(Status);
  assert.equal(seen.at(-1), "Failed");
  const controller = new AbortController();
  const following = follow(again, { client, delay: 30, abortSignal: controller.signal });
  await following.next();
  setTimeout(() => controller.abort(), 50);
  assert.equal((await caught(following.next())).name, "AbortError");
});

test("files are listed by time and attendee through the caller's S3", async () => {
  const made = await startRecording(room, SINK, { client });
  const keys = [`standup/video/2024-02-29-12-00-05-000-${ID}.mp4`, "standup/audio/2024-02-29-12-00-00-000.mp4", "standup/x.txt"];
  const s3 = { listObjectsV2: async () => ({ Contents: keys.map((Key) => ({ Key, Size: 5 })) }), presign: ({ Key, ExpiresIn }) => `https://x/${Key}?${ExpiresIn}` };
  const { Artifacts } = await artifacts(made, { client, presign: 60, s3 });
  assert.deepEqual(Artifacts.map(({ Kind, AttendeeId, Url }) => [Kind, AttendeeId, Url]), [
    ["audio", undefined, `https://x/${keys[1]}?60`],
    ["video", ID, `https://x/${keys[0]}?60`],
  ]);
  const { message } = await caught(artifacts(made, { client, listed: true }));
  assert.match(message, /s3 must have a function listObjectsV2/);
});
