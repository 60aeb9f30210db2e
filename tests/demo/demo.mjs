// The main job from Node: create, get, list and delete a capture pipeline on the local service. The package is the one
// installed in the current folder.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { Chime } = require("chimeline");
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
} finally {
  await local.stop();
}
console.log("\nNode: all steps succeeded");
