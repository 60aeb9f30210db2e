// What public programs do, written anew: on the local service they come to their end, with our clients and with the AWS SDK v3.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as theirMeetings from "@aws-sdk/client-chime-sdk-meetings";
import * as theirPipelines from "@aws-sdk/client-chime-sdk-media-pipelines";
import { require } from "./support.mjs";

const { LocalChime } = require("chimeline/testing");
const libraries = {
  chimeline: { ...require("chimeline/client-chime-sdk-meetings"), ...require("chimeline/client-chime-sdk-media-pipelines") },
  "@aws-sdk": { ...theirMeetings, ...theirPipelines },
};
const BUCKET = "arn:aws:s3:::recordings";

/** A service for the length of the test, and the library's clients of it. */
async function started(t, library, options = {}) {
  const local = await LocalChime.start({ transitionDelaySeconds: 1, unknownMeetings: "refuse", ...options });
  t.after(() => local.stop());
  const { clientOptions } = local;
  return { local, sdk: library, meetings: new library.ChimeSDKMeetingsClient(clientOptions), pipelines: new library.ChimeSDKMediaPipelinesClient(clientOptions) };
}

// The programs. Each knows the service by its clients and events alone.

/** Records a meeting, and joins the recording when the service says that it has ended. */
class Recorder {
  joined = [];
  finished = false;

  constructor({ sdk, pipelines }) {
    Object.assign(this, { sdk, pipelines });
  }

  async start(meetingId) {
    const command = new this.sdk.CreateMediaCapturePipelineCommand({
      SourceType: "ChimeSdkMeeting",
      SourceArn: `arn:aws:chime::111122223333:meeting:${meetingId}`,
      SinkType: "S3Bucket",
      SinkArn: `${BUCKET}/${meetingId}`,
    });
    this.capture = (await this.pipelines.send(command)).MediaCapturePipeline;
  }

  /** May be called by a button, by a timeout, and by both. */
  async stop() {
    try {
      await this.pipelines.send(new this.sdk.DeleteMediaCapturePipelineCommand({ MediaPipelineId: this.capture.MediaPipelineId }));
    } catch (error) {
      if (error.name !== "NotFoundException") throw error;
    }
  }

  handler = async ({ "detail-type": type, detail }) => {
    if (type !== "Chime Media Pipeline State Change" || detail.eventType !== "chime:MediaPipelineDeleted") return;
    if (detail.mediaPipelineId === this.capture.MediaPipelineId) await this.join();
    else if (this.joined.includes(detail.mediaPipelineId)) this.finished = true;
  };

  async join() {
    const kinds = ["Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo"];
    const source = {
      MediaPipelineArn: this.capture.MediaPipelineArn,
      ChimeSdkMeetingConfiguration: { ArtifactsConfiguration: Object.fromEntries(kinds.map((kind) => [kind, { State: "Enabled" }])) },
    };
    const command = new this.sdk.CreateMediaConcatenationPipelineCommand({
      Sources: [{ Type: "MediaCapturePipeline", MediaCapturePipelineSourceConfiguration: source }],
      Sinks: [{ Type: "S3Bucket", S3BucketSinkConfiguration: { Destination: `${BUCKET}/joined` } }],
    });
    this.joined.push((await this.pipelines.send(command)).MediaConcatenationPipeline.MediaPipelineId);
  }
}

const tokenOf = (name) => createHash("sha256").update(name).digest("hex");
const wanted = (name) => ({ ClientRequestToken: tokenOf(name), MediaRegion: "us-east-1", ExternalMeetingId: name });

/** A web page's server: one meeting for all who come with its name. */
async function enterByName({ sdk, meetings }, name, user) {
  const { Meeting } = await meetings.send(new sdk.CreateMeetingCommand(wanted(name)));
  const { Attendee } = await meetings.send(new sdk.CreateAttendeeCommand({ MeetingId: Meeting.MeetingId, ExternalUserId: user }));
  return { meetingId: Meeting.MeetingId, attendeeIds: [Attendee.AttendeeId] };
}

/** A scheduler, which knows who will come. */
async function enterWithGuests({ sdk, meetings }, name, users) {
  const Attendees = users.map((ExternalUserId) => ({ ExternalUserId }));
  const made = await meetings.send(new sdk.CreateMeetingWithAttendeesCommand({ ...wanted(name), Attendees }));
  assert.deepEqual(made.Errors, []);
  return { meetingId: made.Meeting.MeetingId, attendeeIds: made.Attendees.map(({ AttendeeId }) => AttendeeId) };
}

/** A bot, which comes with others. */
async function enterAsBatch({ sdk, meetings }, name, users) {
  const { Meeting } = await meetings.send(new sdk.CreateMeetingCommand(wanted(name)));
  const Attendees = users.map((ExternalUserId) => ({ ExternalUserId }));
  const made = await meetings.send(new sdk.BatchCreateAttendeeCommand({ MeetingId: Meeting.MeetingId, Attendees }));
  return { meetingId: Meeting.MeetingId, attendeeIds: made.Attendees.map(({ AttendeeId }) => AttendeeId) };
}

/** Ends a meeting when nobody but its recorder is left. */
function cleanUp({ sdk, meetings }, ended) {
  return async ({ detail }) => {
    if (!["chime:AttendeeLeft", "chime:AttendeeDropped"].includes(detail.eventType)) return;
    const MeetingId = detail.meetingId;
    try {
      await meetings.send(new sdk.DeleteAttendeeCommand({ MeetingId, AttendeeId: detail.attendeeId }));
      const { Attendees } = await meetings.send(new sdk.ListAttendeesCommand({ MeetingId }));
      if (!Attendees.every(({ ExternalUserId }) => /^aws:/i.test(ExternalUserId))) return;
      await meetings.send(new sdk.DeleteMeetingCommand({ MeetingId }));
      ended.push(MeetingId);
    } catch (error) {
      // Another event of the same end was faster.
      if (error.name !== "NotFoundException") throw error;
    }
  };
}

/** A pool of that name that keeps streams for so long: made, or found and updated. */
async function poolOf({ sdk, pipelines }, name, hours) {
  try {
    const StreamConfiguration = { Region: "us-east-1", DataRetentionInHours: hours };
    await pipelines.send(new sdk.CreateMediaPipelineKinesisVideoStreamPoolCommand({ PoolName: name, StreamConfiguration }));
  } catch (error) {
    if (!(error instanceof sdk.ConflictException)) throw error;
    const { KinesisVideoStreamPools } = await pipelines.send(new sdk.ListMediaPipelineKinesisVideoStreamPoolsCommand({}));
    const found = KinesisVideoStreamPools.find(({ PoolName }) => PoolName === name);
    const change = { Identifier: found.PoolArn, StreamConfiguration: { DataRetentionInHours: hours } };
    await pipelines.send(new sdk.UpdateMediaPipelineKinesisVideoStreamPoolCommand(change));
  }
  for (let poll = 0; poll < 100; poll++) {
    const { KinesisVideoStreamPoolConfiguration: pool } = await pipelines.send(new sdk.GetMediaPipelineKinesisVideoStreamPoolCommand({ Identifier: name }));
    if (pool.PoolStatus === "ACTIVE") return pool;
    await sleep(20);
  }
  throw new Error(`the pool ${name} is not there`);
}

// What becomes of them.

const statusOf = async ({ sdk, pipelines }, MediaPipelineId) => {
  const { MediaPipeline } = await pipelines.send(new sdk.GetMediaPipelineCommand({ MediaPipelineId }));
  return Object.values(MediaPipeline)[0].Status;
};

for (const [name, library] of Object.entries(libraries)) {
  test(`${name}: a recorder joins what it recorded when events say so`, async (t) => {
    const service = await started(t, library);
    const { local } = service;
    const { meetingId } = await enterByName(service, "standup", "ann");
    const recorder = new Recorder(service);
    local.onEvent(recorder.handler);
    await recorder.start(meetingId);
    local.join(meetingId, "ann");
    local.advance({ seconds: 60 });
    local.leave(meetingId, "ann");
    await recorder.stop();
    local.advance({ seconds: 5 });
    await local.flushEvents();
    assert.equal(recorder.joined.length, 1);
    local.advance({ seconds: 10 });
    await local.flushEvents();
    assert.equal(recorder.finished, true);
    assert.equal(await statusOf(service, recorder.joined[0]), "Stopped");
  });

  test(`${name}: three entries find or create one meeting`, async (t) => {
    const service = await started(t, library);
    const first = await enterByName(service, "retro", "ann");
    const second = await enterWithGuests(service, "retro", ["ann", "bob"]);
    const third = await enterAsBatch(service, "retro", ["bob", "cy"]);
    assert.deepEqual([second.meetingId, third.meetingId], [first.meetingId, first.meetingId]);
    assert.deepEqual([second.attendeeIds[0], third.attendeeIds[0]], [first.attendeeIds[0], second.attendeeIds[1]]);
    service.local.endMeeting(first.meetingId);
    assert.notEqual((await enterAsBatch(service, "retro", ["ann"])).meetingId, first.meetingId);
  });

  test(`${name}: clean-up ends a meeting when only its recorder is left`, async (t) => {
    const service = await started(t, library);
    const { local } = service;
    const { meetingId } = await enterWithGuests(service, "standup", ["ann", "bob"]);
    const recorder = new Recorder(service);
    const ended = [];
    local.onEvent(cleanUp(service, ended));
    await recorder.start(meetingId);
    local.join(meetingId);
    local.advance({ seconds: 30 });
    local.leave(meetingId, "ann");
    await local.flushEvents();
    assert.deepEqual(ended, []);
    local.leave(meetingId, "bob", { dropped: true });
    await local.flushEvents();
    assert.deepEqual(ended, [meetingId]);
    local.advance({ seconds: 5 });
    assert.equal(await statusOf(service, recorder.capture.MediaPipelineId), "Stopped");
  });

  test(`${name}: a stop may be called twice`, async (t) => {
    const service = await started(t, library);
    const { meetingId } = await enterByName(service, "standup", "ann");
    for (const pause of [0, 0.5, 60]) {
      const recorder = new Recorder(service);
      await recorder.start(meetingId);
      await Promise.all([recorder.stop(), recorder.stop()]);
      service.local.advance({ seconds: pause });
      await recorder.stop();
      service.local.advance({ seconds: 5 });
      const { MediaCapturePipelines } = await service.pipelines.send(new library.ListMediaCapturePipelinesCommand({}));
      assert.deepEqual(MediaCapturePipelines, []);
    }
  });

  test(`${name}: a pool is made, found, updated and polled`, async (t) => {
    const service = await started(t, library, { transitionDelaySeconds: 0.05 });
    const made = await poolOf(service, "calls", 24);
    assert.match(made.PoolId, /^ChimeMediaPipelines-calls-/);
    const found = await poolOf(service, "calls", 48);
    assert.deepEqual([found.PoolArn, found.StreamConfiguration.DataRetentionInHours], [made.PoolArn, 48]);
  });
}
