// The AWS SDK v3 goes through all operations of the current services, and judges by its own parsers and error classes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import * as meetingsSdk from "@aws-sdk/client-chime-sdk-meetings";
import * as pipelinesSdk from "@aws-sdk/client-chime-sdk-media-pipelines";
import { require } from "./support.mjs";

const { LocalChime } = require("chimeline/testing");

const BUCKET = "arn:aws:s3:::recordings";
const called = { meetings: new Set(), pipelines: new Set() };
let local, meetings, pipelines, meeting;

before(async () => {
  local = await LocalChime.start({ transitionDelaySeconds: 1 });
  meetings = caller(meetingsSdk, new meetingsSdk.ChimeSDKMeetingsClient(local.clientOptions), called.meetings);
  pipelines = caller(pipelinesSdk, new pipelinesSdk.ChimeSDKMediaPipelinesClient(local.clientOptions), called.pipelines);
});
after(() => local.stop());

/** Calls an operation by its name; `refused` is the error of one, which must be of that class. */
function caller(sdk, client, names) {
  const call = async (name, input = {}) => {
    names.add(name);
    const { $metadata, ...output } = await client.send(new sdk[`${name}Command`](input));
    assert.ok($metadata.httpStatusCode >= 200 && $metadata.httpStatusCode < 300);
    assert.ok($metadata.requestId);
    return output;
  };
  call.refused = async (className, name, input) => {
    try {
      await call(name, input);
    } catch (error) {
      assert.ok(error instanceof sdk[className], `${name}: ${error}`);
      assert.equal(error.name, className);
      return error;
    }
    throw new Error(`${name} is not refused`);
  };
  return call;
}

const advance = (seconds) => local.advance({ seconds });

test("meetings and attendees", async () => {
  const wanted = { MediaRegion: "eu-west-1", ExternalMeetingId: "standup", ClientRequestToken: "token-1" };
  const tags = [{ Key: "team", Value: "blue" }];
  const MeetingFeatures = { Audio: { EchoReduction: "AVAILABLE" }, Attendee: { MaxCount: 25 } };
  const made = await meetings("CreateMeeting", { ...wanted, MeetingFeatures, Tags: tags });
  meeting = made.Meeting;
  assert.deepEqual(meeting.MeetingFeatures, MeetingFeatures);
  const { MeetingId, MeetingArn } = meeting;
  assert.deepEqual(await meetings("GetMeeting", { MeetingId }), made);
  const invited = await meetings("CreateMeetingWithAttendees", { ...wanted, Attendees: [{ ExternalUserId: "ann" }] });
  assert.deepEqual(invited.Meeting, meeting);
  const [ann] = invited.Attendees;
  const { Attendee: bob } = await meetings("CreateAttendee", { MeetingId, ExternalUserId: "bob" });
  const batch = await meetings("BatchCreateAttendee", { MeetingId, Attendees: [{ ExternalUserId: "cy" }, { ExternalUserId: "ann" }] });
  assert.deepEqual([batch.Attendees[1], batch.Errors], [ann, []]);
  const users = [];
  for await (const page of meetingsSdk.paginateListAttendees({ client: new meetingsSdk.ChimeSDKMeetingsClient(local.clientOptions), pageSize: 2 }, { MeetingId })) users.push(...page.Attendees.map(({ ExternalUserId }) => ExternalUserId));
  assert.deepEqual(users, ["ann", "bob", "cy"]);
  assert.equal((await meetings("ListAttendees", { MeetingId })).Attendees.length, 3);
  const receives = { Audio: "Receive", Video: "None", Content: "None" };
  const updated = await meetings("UpdateAttendeeCapabilities", { MeetingId, AttendeeId: bob.AttendeeId, Capabilities: receives });
  assert.deepEqual(updated.Attendee.Capabilities, receives);
  const Capabilities = { Audio: "None", Video: "None", Content: "None" };
  await meetings("BatchUpdateAttendeeCapabilitiesExcept", { MeetingId, ExcludedAttendeeIds: [{ AttendeeId: ann.AttendeeId }], Capabilities });
  const heard = async ({ AttendeeId }) => (await meetings("GetAttendee", { MeetingId, AttendeeId })).Attendee.Capabilities.Audio;
  assert.deepEqual([await heard(ann), await heard(bob)], ["SendReceive", "None"]);
  await meetings("StartMeetingTranscription", { MeetingId, TranscriptionConfiguration: { EngineTranscribeSettings: { LanguageCode: "en-US" } } });
  await meetings("StopMeetingTranscription", { MeetingId });
  await meetings("TagResource", { ResourceARN: MeetingArn, Tags: [{ Key: "a/b", Value: "c d" }] });
  await meetings("UntagResource", { ResourceARN: MeetingArn, TagKeys: ["team"] });
  assert.deepEqual((await meetings("ListTagsForResource", { ResourceARN: MeetingArn })).Tags, [{ Key: "a/b", Value: "c d" }]);
  await meetings("DeleteAttendee", { MeetingId, AttendeeId: bob.AttendeeId });
  await meetings.refused("NotFoundException", "GetAttendee", { MeetingId, AttendeeId: bob.AttendeeId });
  const gone = crypto.randomUUID();
  const error = await meetings.refused("NotFoundException", "GetMeeting", { MeetingId: gone });
  assert.deepEqual([error.message, error.$metadata.httpStatusCode, error.$fault], [`Meeting ${gone} not found`, 404, "client"]);
  await meetings.refused("BadRequestException", "CreateMeeting", { ...wanted, ClientRequestToken: "token-2", MediaRegion: "nowhere" });
  await meetings.refused("ResourceNotFoundException", "ListTagsForResource", { ResourceARN: `${MeetingArn}0` });
});

test("captures and concatenations", async () => {
  const wanted = { SourceType: "ChimeSdkMeeting", SourceArn: meeting.MeetingArn, SinkType: "S3Bucket", SinkArn: BUCKET };
  const made = (await pipelines("CreateMediaCapturePipeline", { ...wanted, Tags: [{ Key: "team", Value: "blue" }] })).MediaCapturePipeline;
  assert.equal(made.Status, "Initializing");
  assert.ok(made.CreatedTimestamp instanceof Date);
  const { MediaPipelineId, MediaPipelineArn } = made;
  const limit = await pipelines.refused("ResourceLimitExceededException", "CreateMediaCapturePipeline", wanted);
  assert.deepEqual([limit.Code, limit.$metadata.httpStatusCode], ["ResourceLimitExceeded", 400]);
  const other = `arn:aws:chime::999988887777:meeting:${meeting.MeetingId}`;
  const forbidden = await pipelines.refused("ForbiddenException", "CreateMediaCapturePipeline", { ...wanted, SourceArn: other });
  assert.equal(forbidden.Message ?? forbidden.message, "Resource ownership mismatch");
  await pipelines.refused("BadRequestException", "CreateMediaCapturePipeline", { ...wanted, SourceArn: BUCKET });
  advance(2);
  assert.equal((await pipelines("GetMediaCapturePipeline", { MediaPipelineId })).MediaCapturePipeline.Status, "InProgress");
  assert.deepEqual((await pipelines("ListMediaCapturePipelines", { MaxResults: 1 })).MediaCapturePipelines, [{ MediaPipelineId, MediaPipelineArn }]);
  await pipelines("TagResource", { ResourceARN: MediaPipelineArn, Tags: [{ Key: "a", Value: "b" }] });
  await pipelines("UntagResource", { ResourceARN: MediaPipelineArn, TagKeys: ["team"] });
  assert.deepEqual((await pipelines("ListTagsForResource", { ResourceARN: MediaPipelineArn })).Tags, [{ Key: "a", Value: "b" }]);
  const kinds = ["Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo"];
  const source = { MediaPipelineArn, ChimeSdkMeetingConfiguration: { ArtifactsConfiguration: Object.fromEntries(kinds.map((kind) => [kind, { State: "Enabled" }])) } };
  const joined = await pipelines("CreateMediaConcatenationPipeline", {
    Sources: [{ Type: "MediaCapturePipeline", MediaCapturePipelineSourceConfiguration: source }],
    Sinks: [{ Type: "S3Bucket", S3BucketSinkConfiguration: { Destination: BUCKET } }],
  });
  await pipelines("DeleteMediaCapturePipeline", { MediaPipelineId });
  advance(10);
  const got = await pipelines("GetMediaPipeline", { MediaPipelineId: joined.MediaConcatenationPipeline.MediaPipelineId });
  assert.equal(got.MediaPipeline.MediaConcatenationPipeline.Status, "Stopped");
  await pipelines.refused("NotFoundException", "GetMediaCapturePipeline", { MediaPipelineId });
});

test("streams, live connectors and pools", async () => {
  const wanted = { PoolName: "calls", StreamConfiguration: { Region: "us-east-1", DataRetentionInHours: 24 } };
  const { KinesisVideoStreamPoolConfiguration: pool } = await pipelines("CreateMediaPipelineKinesisVideoStreamPool", wanted);
  await pipelines.refused("ConflictException", "CreateMediaPipelineKinesisVideoStreamPool", wanted);
  advance(2);
  await pipelines("UpdateMediaPipelineKinesisVideoStreamPool", { Identifier: "calls", StreamConfiguration: { DataRetentionInHours: 48 } });
  advance(2);
  const got = (await pipelines("GetMediaPipelineKinesisVideoStreamPool", { Identifier: pool.PoolArn })).KinesisVideoStreamPoolConfiguration;
  assert.deepEqual([got.PoolStatus, got.StreamConfiguration.DataRetentionInHours], ["ACTIVE", 48]);
  assert.equal((await pipelines("ListMediaPipelineKinesisVideoStreamPools")).KinesisVideoStreamPools.length, 1);
  const sink = { SinkArn: pool.PoolArn, SinkType: "KinesisVideoStreamPool", ReservedStreamCapacity: 1, MediaStreamType: "MixedAudio" };
  const stream = await pipelines("CreateMediaStreamPipeline", { Sources: [{ SourceType: "ChimeSdkMeeting", SourceArn: meeting.MeetingArn }], Sinks: [sink] });
  await pipelines.refused("ConflictException", "DeleteMediaPipelineKinesisVideoStreamPool", { Identifier: "calls" });
  const live = { Arn: meeting.MeetingArn, MuxType: "AudioWithCompositedVideo", CompositedVideo: { GridViewConfiguration: { ContentShareLayout: "PresenterOnly" } } };
  const connector = await pipelines("CreateMediaLiveConnectorPipeline", {
    Sources: [{ SourceType: "ChimeSdkMeeting", ChimeSdkMeetingLiveConnectorConfiguration: live }],
    Sinks: [{ SinkType: "RTMP", RTMPConfiguration: { Url: "rtmps://live.example:443/app/key" } }],
  });
  const ids = [stream.MediaStreamPipeline.MediaPipelineId, connector.MediaLiveConnectorPipeline.MediaPipelineId];
  const listed = (await pipelines("ListMediaPipelines")).MediaPipelines.map(({ MediaPipelineId }) => MediaPipelineId);
  assert.ok(ids.every((id) => listed.includes(id)));
  for (const MediaPipelineId of ids) await pipelines("DeleteMediaPipeline", { MediaPipelineId });
  advance(10);
  await pipelines("DeleteMediaPipelineKinesisVideoStreamPool", { Identifier: "calls" });
  advance(10);
  await pipelines.refused("NotFoundException", "GetMediaPipelineKinesisVideoStreamPool", { Identifier: "calls" });
});

test("insights", async () => {
  const VoiceAnalyticsProcessorConfiguration = { SpeakerSearchStatus: "Enabled", VoiceToneAnalysisStatus: "Enabled" };
  const configuration = { ResourceAccessRoleArn: "arn:aws:iam::111122223333:role/insights", Elements: [{ Type: "VoiceAnalyticsProcessor", VoiceAnalyticsProcessorConfiguration }] };
  const made = (await pipelines("CreateMediaInsightsPipelineConfiguration", { ...configuration, MediaInsightsPipelineConfigurationName: "calls" })).MediaInsightsPipelineConfiguration;
  const Identifier = made.MediaInsightsPipelineConfigurationArn;
  const updated = await pipelines("UpdateMediaInsightsPipelineConfiguration", { ...configuration, Identifier, RealTimeAlertConfiguration: { Disabled: true } });
  assert.deepEqual(updated.MediaInsightsPipelineConfiguration.RealTimeAlertConfiguration, { Disabled: true });
  const got = await pipelines("GetMediaInsightsPipelineConfiguration", { Identifier: "calls" });
  assert.equal(got.MediaInsightsPipelineConfiguration.MediaInsightsPipelineConfigurationId, made.MediaInsightsPipelineConfigurationId);
  assert.equal((await pipelines("ListMediaInsightsPipelineConfigurations")).MediaInsightsPipelineConfigurations.length, 1);
  const StreamArn = "arn:aws:kinesisvideo:us-east-1:111122223333:stream/calls/1";
  const StreamChannelDefinition = { NumberOfChannels: 1, ChannelDefinitions: [{ ChannelId: 0, ParticipantRole: "AGENT" }] };
  const streams = { Streams: [{ StreamArn, FragmentNumber: "12345678901", StreamChannelDefinition }], MediaEncoding: "pcm", MediaSampleRate: 8000 };
  const created = await pipelines("CreateMediaInsightsPipeline", { MediaInsightsPipelineConfigurationArn: Identifier, KinesisVideoStreamSourceRuntimeConfiguration: streams });
  const { MediaPipelineId } = created.MediaInsightsPipeline;
  const KinesisVideoStreamSourceTaskConfiguration = { StreamArn, ChannelId: 0, FragmentNumber: "12345678901" };
  const task = { Identifier: MediaPipelineId, KinesisVideoStreamSourceTaskConfiguration };
  const started = {
    SpeakerSearchTask: await pipelines("StartSpeakerSearchTask", { ...task, VoiceProfileDomainArn: "arn:aws:chime:us-east-1:111122223333:voice-profile-domain/1" }),
    VoiceToneAnalysisTask: await pipelines("StartVoiceToneAnalysisTask", { ...task, LanguageCode: "en-US" }),
  };
  advance(2);
  for (const [kind, output] of Object.entries(started)) {
    const named = { Identifier: MediaPipelineId, [`${kind}Id`]: output[kind][`${kind}Id`] };
    await pipelines(`Stop${kind}`, named);
    advance(2);
    assert.equal((await pipelines(`Get${kind}`, named))[kind][`${kind}Status`], "Stopped");
  }
  await pipelines("UpdateMediaInsightsPipelineStatus", { Identifier: MediaPipelineId, UpdateStatus: "Pause" });
  await pipelines.refused("ConflictException", "UpdateMediaInsightsPipelineStatus", { Identifier: MediaPipelineId, UpdateStatus: "Pause" });
  await pipelines("DeleteMediaPipeline", { MediaPipelineId });
  advance(10);
  await pipelines("DeleteMediaInsightsPipelineConfiguration", { Identifier });
});

test("the end of the meeting, and no operation left out", async () => {
  await meetings("DeleteMeeting", { MeetingId: meeting.MeetingId });
  await meetings.refused("NotFoundException", "DeleteAttendee", { MeetingId: meeting.MeetingId, AttendeeId: meeting.MeetingId });
  for (const [sdk, names, count] of [[meetingsSdk, called.meetings, 16], [pipelinesSdk, called.pipelines, 31]]) {
    const known = Object.keys(sdk).filter((name) => /^[A-Z].*Command$/.test(name) && name !== "$Command").map((name) => name.replace(/Command$/, ""));
    assert.deepEqual([...names].sort(), known.sort());
    assert.equal(names.size, count);
  }
});
