// X-Ray, Powertools and OpenTelemetry trace these clients as they trace the AWS SDK's: the same program prints the same of both.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { Server, answer, installed } from "./support.mjs";

const run = promisify(execFile);
const modules = resolve(import.meta.dirname, "../../node_modules");
const meeting = { Meeting: { MeetingId: "m-1", ExternalMeetingId: "standup" } };

/** What the program of that file prints with the AWS SDK's module and with this package's, and what its requests were. */
async function both(t, file, env = {}) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "chimeline-tracing-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["@aws-lambda-powertools", "@aws-sdk", "@opentelemetry", "aws-xray-sdk-core"]) symlinkSync(join(modules, name), join(folder, "node_modules", name));
  symlinkSync(realpathSync(join(installed, "node_modules/chimeline")), join(folder, "node_modules/chimeline"));
  cpSync(join(import.meta.dirname, "tracing", file), join(folder, file));
  const out = [];
  for (const name of ["@aws-sdk/client-chime-sdk-meetings", "chimeline/client-chime-sdk-meetings"]) {
    const server = await Server.start(answer(200, meeting, { "x-amzn-requestid": "r-1" }));
    t.after(() => server.stop());
    server.queue(answer(200, meeting, { "x-amzn-requestid": "r-1" }), answer(404, { __type: "NotFoundException", Message: "no such meeting" }, { "x-amzn-requestid": "r-2" }));
    const { stdout } = await run(process.execPath, [join(folder, file), name, server.url], { cwd: folder, env: { ...process.env, ...env } });
    out.push({ told: JSON.parse(stdout), headers: server.requests.map(({ headers }) => headers) });
  }
  return out;
}

test("OpenTelemetry has the same spans of both, with the same attributes and parents", async (t) => {
  const [theirs, ours] = await both(t, "otel.cjs");
  assert.deepEqual(ours.told, theirs.told);
  const [created, failed, job] = ours.told;
  assert.deepEqual([created.name, created.kind, created.parent, job.name], ["ChimeSDKMeetings.CreateMeeting", "CLIENT", "job", "job"]);
  assert.equal(created.attributes["aws.request.id"], "r-1");
  assert.equal(created.attributes["cloud.region"], "eu-central-1");
  assert.deepEqual(failed.events, [["exception", "NotFoundException", "no such meeting"]]);
});

test("spans of AWS clients are switched off by the variable of OpenTelemetry's own", async (t) => {
  const [, ours] = await both(t, "otel.cjs", { OTEL_NODE_DISABLED_INSTRUMENTATIONS: "http, aws-sdk" });
  assert.deepEqual(ours.told.map(({ name }) => name), ["job"]);
});
