// The command `chimeline` as npm installs it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { require } from "./support.mjs";

const { ensureMeeting, startRecording } = require("chimeline/recording");
const { ChimeSDKMediaPipelines } = require("chimeline");
const { LocalChime } = require("chimeline/testing");

const manifest = require.resolve("chimeline/package.json");
const program = join(dirname(manifest), require(manifest).bin.chimeline);
let local, client, environment, room;
before(async () => {
  local = await LocalChime.start({ pace: 20 });
  client = new ChimeSDKMediaPipelines(local.clientOptions);
  environment = { PATH: process.env.PATH, HOME: process.env.HOME, ...local.environment };
  room = await ensureMeeting("standup", "us-east-1", { client });
});
after(() => local.stop());

function run(args, code = 0) {
  const done = spawnSync(process.execPath, [program, ...args], { env: environment, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  assert.equal(done.status, code, `${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done;
}

test("it is the same program, with its exit codes", () => {
  assert.match(run(["--version"]).stdout, /^chimeline \d/);
  assert.match(run(["--help"]).stdout, /reap .*doctor/s);
  assert.match(run(["frobnicate"], 2).stderr, /unrecognized subcommand/);
  assert.match(run(["local", "--help"]).stdout, /--port/);
  assert.deepEqual(JSON.parse(run(["--json", "ls"]).stdout), { Pipelines: [], Failed: [] });
});

test("signals stop what records, and end what only looks", async () => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    const child = spawn(process.execPath, [program, "record", room.Meeting.MeetingId, "s3://recordings"], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    let shown = "";
    child.stdout.on("data", (chunk) => (shown += chunk));
    const [line] = await once(child.stderr, "data");
    child.kill(signal);
    assert.deepEqual(await once(child, "close"), [0, null]);
    const { MediaCapturePipeline, Stopped } = JSON.parse(shown);
    assert.ok(String(line).startsWith(MediaCapturePipeline.MediaPipelineId));
    assert.deepEqual(Stopped.MediaPipelineIds, [MediaCapturePipeline.MediaPipelineId]);
  }
  assert.deepEqual(JSON.parse(run(["--json", "ls"]).stdout).Pipelines, []);
  const { MediaPipelineId } = await startRecording(room, "s3://recordings", { client });
  const child = spawn(process.execPath, [program, "watch", MediaPipelineId], { env: environment, stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [null, "SIGINT"]);
  assert.match(run(["stop", MediaPipelineId, "--wait"]).stdout, /has stopped/);
});
