// The examples run as they stand, on the local service.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { test } from "node:test";
import { scratch } from "./packed.mjs";
import { require } from "./support.mjs";

const { LocalChime } = require("chimeline/testing");
const { ChimeSDKMediaPipelines, ChimeSDKMeetings } = require("chimeline");
const run = promisify(execFile);
const modules = resolve(import.meta.dirname, "../../node_modules");

/** A folder with the examples and what they import, and a local service with the variables that lead to it. */
async function place(t, ...packages) {
  const folder = scratch(t);
  cpSync(join(import.meta.dirname, "../../node/examples"), folder, { recursive: true });
  for (const name of packages) symlinkSync(join(modules, name), join(folder, "node_modules", name));
  const local = await LocalChime.start();
  t.after(() => local.stop());
  return { folder, local, env: { ...process.env, ...local.environment, PORT: "0" } };
}

/** Starts a server that prints its URL. */
async function served(t, file, folder, env) {
  const server = spawn(process.execPath, [file], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => server.kill());
  const [line] = await once(server.stdout, "data");
  return String(line).trim();
}

function post(url, body) {
  return fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

test("script.mjs", async (t) => {
  const { folder, env } = await place(t);
  const { stdout } = await run(process.execPath, ["script.mjs"], { cwd: folder, env });
  const [, id] = /^(\S+) is Initializing$/m.exec(stdout);
  assert.ok(stdout.includes(`there is ${id}\n`));
  assert.match(stdout, /the meeting is gone: NotFoundException\n$/);
});

test("express.mjs", async (t) => {
  const { folder, local, env } = await place(t, "express");
  const url = await served(t, "express.mjs", folder, env);
  const alice = await (await post(`${url}/meetings/standup/attendees`, { user: "alice" })).json();
  const bob = await (await post(`${url}/meetings/standup/attendees`, { user: "bob" })).json();
  assert.equal(alice.Meeting.MeetingId, bob.Meeting.MeetingId);
  assert.equal(alice.Attendee.ExternalUserId, "alice");
  assert.equal((await post(`${url}/meetings/standup/attendees`, { user: "b" })).status, 400);
  local.failNext(20);
  const failed = await post(`${url}/meetings/standup/attendees`, { user: "carol" });
  assert.equal(failed.status, 502);
  assert.equal((await failed.json()).code, "ServiceUnavailableException");
});

test("fastify.mjs", async (t) => {
  const { folder, local, env } = await place(t, "fastify");
  const url = await served(t, "fastify.mjs", folder, env);
  const joined = await post(`${url}/meetings/standup/attendees`, { user: "alice" });
  assert.equal(joined.status, 201);
  assert.equal((await joined.json()).Attendee.ExternalUserId, "alice");
  assert.equal((await post(`${url}/meetings/standup/attendees`, {})).status, 400);
  local.failNext(1, { status: 403, code: "ForbiddenException" });
  const refused = await post(`${url}/meetings/standup/attendees`, { user: "bob" });
  assert.equal(refused.status, 403);
  assert.equal((await refused.json()).code, "ForbiddenException");
});

/** Runs code in a process of its own, after `env` was set; gives the JSON that it prints. */
async function printed(code, folder, env) {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { cwd: folder, env });
  return JSON.parse(stdout);
}

test("next/app/api/meetings/route.js", async (t) => {
  const { folder, env } = await place(t);
  const route = pathToFileURL(join(folder, "next/app/api/meetings/route.mjs"));
  cpSync(join(folder, "next/app/api/meetings/route.js"), route);
  const calling = (body) => `
    const { POST } = await import(${JSON.stringify(route)});
    const response = await POST(new Request("http://localhost/api/meetings", { method: "POST", body: ${JSON.stringify(JSON.stringify(body))} }));
    console.log(JSON.stringify({ status: response.status, ...(await response.json()) }));`;
  const made = await printed(calling({ name: "standup", users: ["alice", "bob"] }), folder, env);
  assert.equal(made.status, 201);
  assert.deepEqual(made.Attendees.map(({ ExternalUserId }) => ExternalUserId), ["alice", "bob"]);
  assert.equal((await printed(calling({ name: "standup", users: [] }), folder, env)).status, 400);
});

test("lambda.mjs", async (t) => {
  const { folder, local, env } = await place(t);
  const meetings = new ChimeSDKMeetings(local.clientOptions);
  const { Meeting } = await meetings.createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
  const [, , , region, account] = Meeting.MeetingArn.split(":");
  const detail = { version: "0", eventType: "chime:MeetingStarted", meetingId: Meeting.MeetingId };
  const event = { id: "6f1a2b3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c", region, account, source: "aws.chime", detail };
  const invoking = (given) => `
    const { handler } = await import("./lambda.mjs");
    const context = { getRemainingTimeInMillis: () => 10_000 };
    const event = ${JSON.stringify(given)};
    console.log(JSON.stringify([await handler(event, context), await handler(event, context)]));`;
  const [first, again] = await printed(invoking(event), folder, { ...env, BUCKET_ARN: "arn:aws:s3:::recordings" });
  assert.equal(first.recorded, true);
  assert.deepEqual(again, first);
  const pipelines = new ChimeSDKMediaPipelines(local.clientOptions);
  const { MediaCapturePipeline } = await pipelines.getMediaCapturePipeline({ MediaPipelineId: first.pipeline });
  assert.equal(MediaCapturePipeline.SourceArn, Meeting.MeetingArn);
  const [ended] = await printed(invoking({ ...event, detail: { ...detail, eventType: "chime:MeetingEnded" } }), folder, env);
  assert.deepEqual(ended, { recorded: false });
});

test("recordings.test.mjs, by Vitest", async (t) => {
  const { folder, env } = await place(t, "vitest");
  const { stdout } = await run(process.execPath, [join(modules, "vitest/vitest.mjs"), "run", "--root", folder], { cwd: folder, env });
  assert.match(stdout, /Tests +3 passed \(3\)/);
});

test("the examples' README names each of them", async (t) => {
  const { readdirSync, readFileSync } = await import("node:fs");
  const folder = join(import.meta.dirname, "../../node/examples");
  const text = readFileSync(join(folder, "README.md"), "utf8");
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.m?js$/.test(file));
  for (const file of files) assert.ok(text.includes(`](${file})`), file);
  assert.ok(files.length >= 7);
});
