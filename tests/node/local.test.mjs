// The local service, as tests of a user's code see it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { capture, caught, require } from "./support.mjs";

const { Chime, ChimeSDKMediaPipelines, ChimeSDKMeetings } = require("chimeline");
const { paginateListMediaCapturePipelines } = require("chimeline/client-chime-sdk-media-pipelines");
const { LocalChime } = require("chimeline/testing");

let local;
before(async () => (local = await LocalChime.start({ pace: 50 })));
after(() => local.stop());

test("a capture pipeline is created, found, listed and deleted", async () => {
  for (const Class of [Chime, ChimeSDKMediaPipelines]) {
    const client = new Class(local.clientOptions);
    const meeting = await new ChimeSDKMeetings(local.clientOptions).createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
    const SourceArn = meeting.Meeting.MeetingArn;
    const { MediaCapturePipeline: made } = await client.createMediaCapturePipeline({ ...capture, SourceArn });
    assert.equal(made.Status, "Initializing");
    assert.ok(made.CreatedTimestamp instanceof Date);
    local.advance(1000);
    const { MediaCapturePipeline: found } = await client.getMediaCapturePipeline({ MediaPipelineId: made.MediaPipelineId });
    assert.equal(found.Status, "InProgress");
    const { MediaCapturePipelines } = await client.listMediaCapturePipelines({});
    assert.ok(MediaCapturePipelines.some(({ MediaPipelineId }) => MediaPipelineId === made.MediaPipelineId));
    await client.deleteMediaCapturePipeline({ MediaPipelineId: made.MediaPipelineId });
    const error = await caught(client.getMediaCapturePipeline({ MediaPipelineId: "00000000-0000-0000-0000-000000000000" }));
    assert.equal(error.name, "NotFoundException");
  }
});

test("pages of the local service follow one another", async () => {
  const own = await LocalChime.start();
  const client = new ChimeSDKMediaPipelines(own.clientOptions);
  for (let i = 0; i < 3; i++) {
    const { Meeting } = await new ChimeSDKMeetings(own.clientOptions).createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: `m-${i}` });
    await client.createMediaCapturePipeline({ ...capture, SourceArn: Meeting.MeetingArn });
  }
  let count = 0;
  for await (const page of paginateListMediaCapturePipelines({ client, pageSize: 2 }, {})) count += page.MediaCapturePipelines.length;
  assert.equal(count, 3);
  await own.stop();
});

test("a wrong secret and an unknown key are refused", async () => {
  for (const credentials of [{ ...local.clientOptions.credentials, secretAccessKey: "wrong" }, { accessKeyId: "nobody", secretAccessKey: "x" }]) {
    const error = await caught(new Chime({ ...local.clientOptions, credentials }).listMediaCapturePipelines({}));
    assert.equal(error.$metadata.httpStatusCode, 403);
  }
});

test("errors can be asked for", async () => {
  local.failNext(1, { status: 400, code: "BadRequestException" });
  assert.equal((await caught(new Chime(local.clientOptions).listMediaCapturePipelines({}))).name, "BadRequestException");
  assert.throws(() => local.failNext(1, { status: 200 }), { name: "InvalidConfigError", message: /status is 200, which must be/ });
  assert.throws(() => local.failNext(-1), TypeError);
  assert.throws(() => local.advance(Infinity), TypeError);
  local.failNext(2);
  assert.equal((await new Chime(local.clientOptions).listMediaCapturePipelines({})).$metadata.attempts, 3);
});

test("it names its environment, refuses a port in use, and is over when stopped", async () => {
  const own = await LocalChime.start({ region: "eu-west-2" });
  assert.equal(own.environment.AWS_ENDPOINT_URL_CHIME, own.url);
  assert.equal(own.environment.AWS_REGION, "eu-west-2");
  const taken = await caught(LocalChime.start({ port: Number(new URL(own.url).port) }));
  assert.equal(taken.name, "InvalidConfigError");
  assert.match(taken.message, /in use/);
  await own.stop();
  await own.stop();
  assert.throws(() => own.url, /does not run any more/);
  assert.equal((await caught(LocalChime.start({ host: "nowhere" }))).name, "InvalidConfigError");
});

test("the command prints where it listens and ends on a signal", { skip: process.platform === "win32" }, async () => {
  const command = require.resolve("chimeline").replace(/generated.*/, "bin/chimeline-local.cjs");
  const child = spawn(process.execPath, [command, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  while (!text.includes("AWS_ENDPOINT_URL_CHIME_SDK_MEETINGS")) await once(child.stdout, "data");
  const environment = Object.fromEntries(Array.from(text.matchAll(/^export (\w+)=(.*)$/gm), ([, name, value]) => [name, value]));
  const client = new Chime({
    region: environment.AWS_REGION,
    endpoint: environment.AWS_ENDPOINT_URL_CHIME,
    credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY },
  });
  assert.deepEqual((await client.listMediaCapturePipelines({})).MediaCapturePipelines, []);
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [0, null]);
});

test("its clients see nothing of the files and proxies around", async () => {
  const around = { AWS_PROFILE: "missing", AWS_CONFIG_FILE: "/dev/null/x", HTTP_PROXY: "http://127.0.0.1:9" };
  Object.assign(process.env, around);
  try {
    const client = new Chime({ ...local.clientOptions, maxAttempts: 1 });
    assert.equal((await client.listMediaCapturePipelines({})).$metadata.httpStatusCode, 200);
  } finally {
    for (const name of Object.keys(around)) delete process.env[name];
  }
});
