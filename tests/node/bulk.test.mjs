// One operation for many inputs: results as they come, failures among them, nothing made twice.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { answer, caught, installed, require, Server } from "./support.mjs";

const { run } = require("chimeline/bulk");
const { ChimeSDKMediaPipelines } = require("chimeline/client-chime-sdk-media-pipelines");
const { ChimeSDKMeetings, CreateMeetingCommand } = require("chimeline/client-chime-sdk-meetings");
const { LocalChime } = require("chimeline/testing");

let local, client, folder;
before(() => (folder = mkdtempSync(join(tmpdir(), "chimeline-bulk-"))));
after(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  local = await LocalChime.start({ pipelineQuota: 5000 });
  client = new ChimeSDKMeetings(local.clientOptions);
});
afterEach(() => local.stop());

let number = 0;
const file = () => join(folder, `journal-${number++}`);
const rooms = (count) => Array.from({ length: count }, (_, at) => ({ MediaRegion: "us-east-1", ExternalMeetingId: `room-${at}` }));
const created = async () => (await local.requests({ operation: "CreateMeeting", limit: 1000 })).length;
const meetings = async () => (await local.meetings()).length;

async function all(running) {
  const results = [];
  for await (const result of running) results.push(result);
  return results;
}

test("each input has a result with its place, by each form of the operation's name", async () => {
  const inputs = rooms(40);
  for (const operation of ["createMeeting", "CreateMeeting", "create_meeting", CreateMeetingCommand]) {
    const results = await all(run(client, operation, inputs, { concurrency: 7 }));
    assert.deepEqual(results.map(({ index }) => index).sort((a, b) => a - b), [...inputs.keys()]);
    for (const { index, input, output, error } of results) {
      assert.equal(input, inputs[index]);
      assert.equal(error, undefined);
      assert.equal(output.Meeting.ExternalMeetingId, input.ExternalMeetingId);
    }
  }
  // The same inputs again make nothing new.
  assert.equal(await meetings(), 40);
  const twice = [rooms(1)[0], { ExternalMeetingId: "room-0", MediaRegion: "us-east-1" }];
  assert.equal(new Set((await all(run(client, "createMeeting", twice))).map(({ output }) => output.Meeting.MeetingId)).size, 2);
  const own = [1, 2].map(() => ({ ...rooms(1)[0], ClientRequestToken: "mine" }));
  assert.equal(new Set((await all(run(client, "createMeeting", own))).map(({ output }) => output.Meeting.MeetingId)).size, 1);
});

test("failures are results, and are collected", async () => {
  const running = run(client, "getMeeting", [{ MeetingId: "2f1c6a1e-0f3b-4f0e-9f43-1f8e33c44f1b" }, {}, 5, { MeetingId: 5n }]);
  const errors = (await all(running)).sort((a, b) => a.index - b.index).map(({ error }) => error);
  assert.deepEqual(errors.slice(0, 3).map(({ name }) => name), ["NotFoundException", "ParamValidationError", "ParamValidationError"]);
  assert.match(errors[2].message, /^inputs\[2\] must be an object, not 5 of type number$/);
  assert.ok(errors[3] instanceof TypeError);
  assert.equal(running.failures.length, 4);
});

test("inputs are taken when their turn comes, also from what is asynchronous, and leaving the loop ends the run", async () => {
  let taken = 0;
  let returned = false;
  async function* endless() {
    try {
      for (;;) yield { MediaRegion: "us-east-1", ExternalMeetingId: `room-${taken++}` };
    } finally {
      returned = true;
    }
  }
  for await (const { error } of run(client, "createMeeting", endless(), { concurrency: 3 })) {
    assert.equal(error, undefined);
    if (taken > 20) break;
  }
  assert.ok(returned);
  assert.ok(taken < 40);
  const before = await created();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await created(), before);
});

test("concurrency and rate are bounds", async () => {
  await local.addFault({ operation: "CreateMeeting", latency: 0.05 });
  let started = performance.now();
  await all(run(client, "createMeeting", rooms(20), { concurrency: 2 }));
  assert.ok(performance.now() - started >= 490);
  started = performance.now();
  await all(run(client, "createMeeting", rooms(40), { concurrency: 40, rate: 80 }));
  assert.ok(performance.now() - started >= 430);
  const told = [];
  await all(run(client, "createMeeting", rooms(3), { progress: (...args) => told.push(args) }));
  assert.deepEqual(told, [[1, 3], [2, 3], [3, 3]]);
});

test("an abort ends the run with an AbortError", async () => {
  await local.addFault({ operation: "CreateMeeting", latency: 10 });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  const started = performance.now();
  const error = await caught(all(run(client, "createMeeting", rooms(20), { abortSignal: controller.signal })));
  assert.equal(error.name, "AbortError");
  assert.ok(performance.now() - started < 5000);
  assert.equal((await caught(all(run(client, "createMeeting", rooms(2), { abortSignal: AbortSignal.abort() })))).name, "AbortError");
});

test("a run goes on from its journal", async () => {
  const journal = file();
  let count = 0;
  for await (const _ of run(client, "createMeeting", rooms(30), { journal, concurrency: 2 })) if (++count === 11) break;
  const results = await all(run(client, "createMeeting", rooms(30), { journal }));
  const resumed = results.filter((result) => result.resumed);
  assert.ok(resumed.length >= 11);
  assert.equal(await meetings(), 30);
  assert.equal(resumed[0].output.$metadata.httpStatusCode, 200);
  assert.equal(statSync(journal).mode & 0o777, 0o600);
  assert.ok(!readFileSync(journal, "utf8").includes(local.clientOptions.credentials.accessKeyId));

  const pipelines = new ChimeSDKMediaPipelines(local.clientOptions);
  const capture = { SourceType: "ChimeSdkMeeting", SourceArn: results[0].output.Meeting.MeetingArn, SinkType: "S3Bucket", SinkArn: "arn:aws:s3:::b" };
  const other = file();
  const [made] = await all(run(pipelines, "createMediaCapturePipeline", [capture], { journal: other }));
  const [again] = await all(run(pipelines, "createMediaCapturePipeline", [capture], { journal: other }));
  assert.deepEqual(again.output.MediaCapturePipeline, made.output.MediaCapturePipeline);
  assert.ok(again.output.MediaCapturePipeline.CreatedTimestamp instanceof Date);
});

test("a journal of Python is read too", async () => {
  const journal = file();
  await all(run(client, "createMeeting", rooms(1), { journal }));
  const [header, { done }] = readFileSync(journal, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  // As `json.dumps` and `isoformat` write them.
  const output = { Meeting: { MeetingId: "m", At: { $date: "2024-02-29T12:34:56.789000+00:00" } } };
  const lines = [header, { done, output, status: 200, request_id: "r" }].map((line) => JSON.stringify(line).replaceAll(",", ", "));
  writeFileSync(journal, `${lines.join("\n")}\n`);
  const [result] = await all(run(client, "createMeeting", rooms(1), { journal }));
  assert.deepEqual(result.output, { $metadata: { httpStatusCode: 200, requestId: "r", attempts: 1, totalRetryDelay: 0 }, Meeting: { MeetingId: "m", At: new Date("2024-02-29T12:34:56.789Z") } });
});

test("a damaged journal counts up to the damage and is left as it is", async () => {
  const journal = file();
  await all(run(client, "createMeeting", rooms(10), { journal }));
  const lines = readFileSync(journal, "utf8").split("\n");
  truncateSync(journal, lines.slice(0, 5).join("\n").length + 20);
  const damaged = readFileSync(journal, "utf8");
  const warned = once(process, "warning");
  const results = await all(run(client, "createMeeting", rooms(12), { journal }));
  assert.match((await warned)[0].message, /is damaged in line 6: .* goes on in .*\.1$/);
  assert.equal(results.filter(({ resumed }) => resumed).length, 4);
  assert.equal(await meetings(), 12);
  assert.equal(readFileSync(journal, "utf8"), damaged);
  assert.ok(existsSync(`${journal}.1`));
  assert.ok((await all(run(client, "createMeeting", rooms(12), { journal }))).every(({ resumed }) => resumed));
});

test("a journal of something else is refused before any call", async () => {
  const journal = file();
  await all(run(client, "createMeeting", rooms(2), { journal }));
  const text = readFileSync(journal, "utf8");
  const before = await created();
  const credentials = { accessKeyId: "AKIDOTHER", secretAccessKey: "other" };
  const cases = [
    [new ChimeSDKMeetings({ ...local.clientOptions, credentials }), "createMeeting", "written with other credentials"],
    [new ChimeSDKMeetings({ ...local.clientOptions, region: "us-west-2" }), "createMeeting", "is of region us-east-1"],
    [client, "getMeeting", "is of operation CreateMeeting, and this run of GetMeeting"],
  ];
  for (const [other, operation, part] of cases) {
    const error = await caught(all(run(other, operation, rooms(3), { journal })));
    assert.equal(error.name, "ParamValidationError");
    assert.ok(error.message.includes(part), error.message);
  }
  const notes = file();
  writeFileSync(notes, "notes\n");
  assert.match((await caught(all(run(client, "createMeeting", rooms(1), { journal: notes })))).message, /^journal must be a file that/);
  assert.equal(await created(), before);
  assert.deepEqual([readFileSync(journal, "utf8"), readFileSync(notes, "utf8")], [text, "notes\n"]);
});

test("the account is the one that STS names", async () => {
  const named = (account) => answer(200, `<R><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></R>`);
  const sts = await Server.start(named("111122223333"));
  process.env.AWS_ENDPOINT_URL_STS = sts.url;
  try {
    const journal = file();
    await all(run(client, "createMeeting", rooms(2), { journal }));
    assert.equal(JSON.parse(readFileSync(journal, "utf8").split("\n")[0]).account, "111122223333");
    sts.fallback = named("444455556666");
    const error = await caught(all(run(client, "createMeeting", rooms(3), { journal })));
    assert.match(error.message, /is of the account 111122223333, and this run of 444455556666/);
    assert.equal(await created(), 2);
    assert.deepEqual(new Set(sts.requests.map(({ method }) => method)), new Set(["GET"]));
  } finally {
    delete process.env.AWS_ENDPOINT_URL_STS;
    await sts.stop();
  }
});

test("what may have been done is not done again where there is no token", async () => {
  const { Meeting } = await client.createMeeting({ ...rooms(1)[0], ClientRequestToken: "one" });
  const once = new ChimeSDKMeetings({ ...local.clientOptions, maxAttempts: 1 });
  await local.addFault({ operation: "CreateAttendee", cut: 0, times: 1 });
  const inputs = ["ann", "bob"].map((ExternalUserId) => ({ MeetingId: Meeting.MeetingId, ExternalUserId }));
  const journal = file();
  const first = await all(run(once, "createAttendee", inputs, { journal, concurrency: 1 }));
  assert.deepEqual(first.map(({ error }) => error === undefined), [false, true]);
  const [lost, known] = await all(run(once, "createAttendee", inputs, { journal, concurrency: 1 }));
  assert.equal(lost.error.name, "OutcomeUnknownError");
  assert.ok(known.resumed);
});

test("a process that is killed goes on and makes nothing twice", async () => {
  const journal = file();
  const code = `
    const { run } = require("chimeline/bulk");
    const { ChimeSDKMeetings } = require("chimeline");
    (async () => {
      const inputs = Array.from({ length: 300 }, (_, at) => ({ MediaRegion: "us-east-1", ExternalMeetingId: "room-" + at }));
      for await (const { index } of run(new ChimeSDKMeetings({}), "createMeeting", inputs, { journal: process.argv[1] })) console.log(index);
    })();`;
  await local.addFault({ operation: "CreateMeeting", cut: 0, probability: 0.1 });
  for (let round = 0; round < 2; round++) {
    const child = spawn(process.execPath, ["-e", code, journal], { cwd: installed, env: { ...process.env, ...local.environment }, stdio: ["ignore", "pipe", "inherit"] });
    let seen = 0;
    for await (const chunk of child.stdout) if ((seen += chunk.toString().split("\n").length - 1) > 40) child.kill("SIGKILL");
  }
  const results = await all(run(new ChimeSDKMeetings({ ...local.clientOptions, maxAttempts: 10 }), "createMeeting", rooms(300), { journal }));
  assert.ok(results.every(({ error }) => error === undefined));
  assert.ok(results.filter(({ resumed }) => resumed).length > 40);
  assert.equal(await meetings(), 300);
});

test("what cannot be right is refused at once", () => {
  const cases = [
    [{}, "createMeeting", [], {}, "client must be a client of this package, not Object of type object"],
    [client, "createRoom", [], {}, 'chime-sdk-meetings has no operation "createRoom"; it has BatchCreateAttendee'],
    [client, "createMeeting", 5, {}, "inputs must be an iterable of objects, not 5 of type number"],
    [client, "createMeeting", [], { concurrency: 0 }, "concurrency must be an integer >= 1, not 0 of type number"],
    [client, "createMeeting", [], { rate: -1 }, "rate must be a positive number of calls per second, not -1 of type number"],
    [client, "createMeeting", [], { journal: 5 }, "journal must be the path of a file, not 5 of type number"],
    [client, "createMeeting", [], { progress: 5 }, "progress must be a function, not 5 of type number"],
    [client, "createMeeting", [], { abortSignal: 5 }, "abortSignal must be an AbortSignal, not 5 of type number"],
    [client, "createMeeting", [], { speed: 5 }, "run has no option speed; it takes concurrency, rate, journal, progress, abortSignal"],
  ];
  for (const [other, operation, inputs, options, part] of cases) {
    assert.throws(() => run(other, operation, inputs, options), (error) => error.message.includes(part) || assert.fail(error.message));
  }
});

test("an operation of another service is named with the service that has it", async () => {
  const { Chime } = require("chimeline");
  const legacy = new Chime(local.clientOptions);
  const { message, name } = await caught(legacy.createMediaConcatenationPipeline({}));
  assert.equal(name, "TypeError");
  assert.equal(message, "Chime has no createMediaConcatenationPipeline: it is an operation of ChimeSDKMediaPipelines, of which a client is needed");
  const sent = await caught(legacy.send(new CreateMeetingCommand({})));
  assert.equal(sent.message, "send takes a command of Chime, not a CreateMeetingCommand; it is an operation of chime-sdk-meetings, whose client takes it");
});
