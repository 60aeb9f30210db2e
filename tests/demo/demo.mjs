// The main job from Node, on the local service: create, get, list and delete a capture pipeline, and record a meeting from start to
// finish. The package is the one
// installed in the current folder.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Chime } = require("chimeline");
const { ChimeSDKMediaPipelines } = require("chimeline");
const { artifacts, ensureMeeting, record } = require("chimeline/recording");
const { LocalChime } = require("chimeline/testing");

const meeting = "arn:aws:chime::111122223333:meeting:2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b";
const recording = {
  SourceType: "ChimeSdkMeeting",
  SourceArn: meeting,
  SinkType: "S3Bucket",
  SinkArn: "arn:aws:s3:::recordings",
  ChimeSdkMeetingConfiguration: {
    ArtifactsConfiguration: {
      Audio: { MuxType: "AudioOnly" },
      Video: { State: "Enabled", MuxType: "VideoOnly" },
      Content: { State: "Disabled" },
    },
  },
};

const shown = (value) => JSON.stringify(value, null, 2).replaceAll("\n", "\n  ");

async function call(client, method, input) {
  console.log(`\n  Chime.${method}(${shown(input)})`);
  const { $metadata, ...output } = await client[method](input);
  console.log(`  -> HTTP ${$metadata.httpStatusCode}, request id ${$metadata.requestId}\n  ${shown(output)}`);
  return { $metadata, ...output };
}

const local = await LocalChime.start();
try {
  console.log(`\n${"=".repeat(30)} Node, new Chime(), at ${local.url}`);
  const client = new Chime(local.clientOptions);
  const { MediaCapturePipeline: created } = await call(client, "createMediaCapturePipeline", recording);
  assert.equal(created.Status, "Initializing");
  assert(created.CreatedTimestamp instanceof Date);
  const { MediaPipelineId } = created;
  const { MediaCapturePipeline: got } = await call(client, "getMediaCapturePipeline", { MediaPipelineId });
  assert.equal(got.SourceArn, meeting);
  const { MediaCapturePipelines: listed } = await call(client, "listMediaCapturePipelines", {});
  assert(listed.some((pipeline) => pipeline.MediaPipelineId === MediaPipelineId));
  const deleted = await call(client, "deleteMediaCapturePipeline", { MediaPipelineId });
  assert.equal(deleted.$metadata.httpStatusCode, 204);
  const absent = { MediaPipelineId: "2f1c6a1e-0f3b-4f0e-9f43-000000000000" };
  await assert.rejects(call(client, "getMediaCapturePipeline", absent), (error) => {
    console.log(`  -> ${error.name}: ${error.message}`);
    return error.name === "NotFoundException";
  });

  console.log(`\n${"=".repeat(30)} Node, chimeline/recording, at ${local.url}`);
  const pipelines = new ChimeSDKMediaPipelines(local.clientOptions);
  const room = await ensureMeeting("standup", "us-east-1", { attendees: ["alice", "bob"], client: pipelines });
  console.log(`\n  meeting ${room.Meeting.MeetingId}, attendees ${room.Attendees.length}`);
  const options = { concatenateTo: "s3://recordings/joined", client: pipelines };
  const { stopped } = await record(room, "s3://recordings/standup", options, async (recording) => {
    const { pipelineId: MediaPipelineId } = recording;
    const { MediaCapturePipeline: found } = await pipelines.getMediaCapturePipeline({ MediaPipelineId });
    console.log(`  ${MediaPipelineId} ${found.Status}`);
    assert.equal(found.Status, "InProgress");
    return recording;
  });
  console.log(`  ${stopped.MediaPipelineIds[0]} stops`);
  const { Artifacts: files } = await artifacts(stopped.MediaConcatenationPipelines[0], { client: pipelines });
  for (const { Uri } of files) console.log(`  ${Uri}`);
  assert(files.length > 0);
} finally {
  await local.stop();
}
console.log("\nNode: all steps succeeded");
