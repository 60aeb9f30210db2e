// A whole recording, in seconds: from the meeting to the joined files, as the events tell it.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { createFile } from "mp4box";
import { require } from "./support.mjs";

const { ChimeSDKMediaPipelines, ChimeSDKMeetings } = require("chimeline");
const { LocalChime } = require("chimeline/testing");

const BUCKET = "arn:aws:s3:::recordings";
const KINDS = ["Audio", "Video", "Content", "DataChannel", "TranscriptionMessages", "MeetingEvents", "CompositedVideo"];
const SINGLE = { Audio: { MuxType: "AudioOnly" }, Video: { State: "Enabled" }, Content: { State: "Enabled" } };
const COMPOSITED = {
  Audio: { MuxType: "AudioWithCompositedVideo" },
  Video: { State: "Disabled" },
  Content: { State: "Disabled" },
  CompositedVideo: { GridViewConfiguration: { ContentShareLayout: "PresenterOnly" } },
};
const TEXTS = ["data-channel", "meeting-events", "transcription-messages"];

/** The kinds of tracks of a file, each with samples. */
function tracksOf(path) {
  const file = createFile();
  let info;
  file.onReady = (ready) => (info = ready);
  file.onError = (module, message) => assert.fail(`${path}: ${module}: ${message}`);
  const bytes = readFileSync(path);
  file.appendBuffer(Object.assign(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), { fileStart: 0 }));
  file.flush();
  assert.ok(info, path);
  for (const track of info.tracks) {
    assert.ok(track.nb_samples > 0 && track.duration > 0, path);
    // Each sample is where the tables say.
    for (const { offset, size } of file.getTrackSamplesInfo(track.id)) assert.ok(size > 0 && offset + size <= bytes.length, path);
  }
  return info.tracks.map(({ type }) => type).sort();
}

for (const [name, ArtifactsConfiguration, folders, tracks] of [
  ["single files", SINGLE, ["audio", "content", "video", ...TEXTS], { audio: ["audio"], video: ["video"], content: ["video"] }],
  ["one picture", COMPOSITED, ["composited-video", ...TEXTS], { "composited-video": ["audio", "video"] }],
]) {
  test(`a whole recording in ${name} is played in seconds`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "chimeline-recording-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const begun = performance.now();
    const events = [];
    const local = await LocalChime.start({ transitionDelaySeconds: 1, artifacts: folder, onEvent: (event) => events.push(event) });
    t.after(() => local.stop());
    local.freeze();
    const meetings = new ChimeSDKMeetings(local.clientOptions);
    const pipelines = new ChimeSDKMediaPipelines(local.clientOptions);
    const Attendees = [{ ExternalUserId: "ann" }, { ExternalUserId: "bob" }];
    const { Meeting } = await meetings.createMeetingWithAttendees({ MediaRegion: "us-east-1", ExternalMeetingId: "standup", ClientRequestToken: "token-1", Attendees });
    const { MeetingId } = Meeting;
    assert.equal(local.join(MeetingId), 2);
    await meetings.startMeetingTranscription({ MeetingId, TranscriptionConfiguration: { EngineTranscribeSettings: { LanguageCode: "en-US" } } });
    const { MediaCapturePipeline } = await pipelines.createMediaCapturePipeline({
      SourceType: "ChimeSdkMeeting",
      SourceArn: `arn:aws:chime::111122223333:meeting:${MeetingId}`,
      SinkType: "S3Bucket",
      SinkArn: BUCKET,
      ChimeSdkMeetingConfiguration: { ArtifactsConfiguration },
    });
    local.advance({ seconds: 301 });
    assert.equal(local.leave(MeetingId), 2);
    local.advance({ seconds: 302 });
    assert.deepEqual(local.meetings(), []);
    const { MediaPipelineId, MediaPipelineArn } = MediaCapturePipeline;
    assert.equal((await pipelines.getMediaCapturePipeline({ MediaPipelineId })).MediaCapturePipeline.Status, "Stopped");
    const source = { MediaPipelineArn, ChimeSdkMeetingConfiguration: { ArtifactsConfiguration: Object.fromEntries(KINDS.map((kind) => [kind, { State: "Enabled" }])) } };
    const joined = await pipelines.createMediaConcatenationPipeline({
      Sources: [{ Type: "MediaCapturePipeline", MediaCapturePipelineSourceConfiguration: source }],
      Sinks: [{ Type: "S3Bucket", S3BucketSinkConfiguration: { Destination: `${BUCKET}/joined` } }],
    });
    local.advance({ seconds: 10 });
    assert.deepEqual([local.flushArtifacts().waiting, local.flushArtifacts().failed], [0, 0]);
    await local.flushEvents();
    // Without the look at each file, which is the test's own work.
    assert.ok(performance.now() - begun < 5000);
    const names = events.map(({ detail }) => detail.eventType.replace("chime:", ""));
    assert.deepEqual(names.filter((event) => /^M/.test(event)), [
      "MeetingStarted",
      "MediaPipelineInProgress",
      "MeetingEnded",
      "MediaPipelineDeleted",
      "MediaPipelineInProgress",
      "MediaPipelineDeleted",
    ]);
    assert.deepEqual(names.filter((event) => event === "AttendeeJoined").length, 3);
    const root = join(folder, "recordings");
    assert.deepEqual(readdirSync(join(root, "joined")).sort(), [...folders].sort());
    for (const [kind, expected] of Object.entries(tracks)) {
      // Content is captured into the folder of videos.
      const chunks = join(root, MediaPipelineId, kind === "content" ? "video" : kind);
      const found = readdirSync(chunks).filter((file) => file.includes("#content") === (kind === "content"));
      assert.ok(found.length >= 61, `${kind}: ${found.length}`);
      for (const file of [found[0], found.at(-1)]) assert.deepEqual(tracksOf(join(chunks, file)), expected);
      assert.deepEqual(tracksOf(join(root, "joined", kind, `${joined.MediaConcatenationPipeline.MediaPipelineId}.mp4`)), expected);
    }
    for (const kind of TEXTS) {
      const [file] = readdirSync(join(root, "joined", kind));
      assert.equal(basename(file, ".txt"), joined.MediaConcatenationPipeline.MediaPipelineId);
      const lines = readFileSync(join(root, "joined", kind, file), "utf8").trim().split("\n");
      assert.ok(lines.every((line) => typeof JSON.parse(line) === "object"), kind);
    }
  });
}
