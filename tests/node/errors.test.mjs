import assert from "node:assert/strict";
import { inspect } from "node:util";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, capture, caught, keys, require, secret, Server } from "./support.mjs";

const chimeline = require("chimeline");
const legacy = require("chimeline/client-chime");
const pipelines = require("chimeline/client-chime-sdk-media-pipelines");
const meetings = require("chimeline/client-chime-sdk-meetings");
const { Chime, ChimeSDKMediaPipelines, ChimeSDKMeetings, ChimelineError, ServiceException } = chimeline;

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => (server.steps.length = 0));

const forbidden = (type = "ForbiddenException") =>
  answer(403, { Code: "Forbidden", Message: "not yours", RequestId: "in-body" }, { "x-amzn-ErrorType": type, "x-amzn-RequestId": "r-1" });

test("an error has its class, name, fault and metadata", async () => {
  server.queue(forbidden());
  const error = await caught(at(server, ChimeSDKMediaPipelines).getMediaPipeline({ MediaPipelineId: "0".repeat(36) }));
  assert.equal(error.name, "ForbiddenException");
  assert.equal(error.message, "not yours");
  assert.equal(error.$fault, "client");
  assert.deepEqual(error.$metadata, { httpStatusCode: 403, requestId: "r-1", extendedRequestId: undefined, cfId: undefined, attempts: 1, totalRetryDelay: 0 });
  assert.deepEqual([error.Code, error.RequestId], ["Forbidden", "in-body"]);
  assert.equal(error.$response.statusCode, 403);
  assert.equal(error.$response.headers["x-amzn-requestid"], "r-1");
  assert.equal(error.operation, "GetMediaPipeline");
  assert.equal(error.host, `127.0.0.1:${server.port}`);
  assert.deepEqual(error.attempts.map(({ httpStatusCode, code, requestId }) => [httpStatusCode, code, requestId]), [[403, "ForbiddenException", "r-1"]]);
  assert.match(error.stack, /^ForbiddenException: not yours\n/);
});

test("one class a name, whichever module it comes from", async () => {
  for (const module of [legacy, pipelines, meetings]) {
    assert.equal(module.ForbiddenException, chimeline.ForbiddenException);
  }
  server.queue(forbidden());
  const error = await caught(at(server, ChimeSDKMeetings).getMeeting({ MeetingId: "m" }));
  assert.ok(error instanceof meetings.ForbiddenException);
  assert.ok(error instanceof ServiceException && error instanceof ChimelineError && error instanceof Error);
});

test("the base of a service takes the errors that this service answered", async () => {
  server.queue(forbidden(), answer(418, { __type: "com.amazonaws.chime#TeapotException", message: "short" }));
  const client = at(server, ChimeSDKMeetings);
  for (const error of [await caught(client.getMeeting({ MeetingId: "m" })), await caught(client.getMeeting({ MeetingId: "m" }))]) {
    assert.ok(error instanceof meetings.ChimeSDKMeetingsServiceException);
    assert.ok(!(error instanceof pipelines.ChimeSDKMediaPipelinesServiceException));
  }
  assert.ok(!(new TypeError("x") instanceof meetings.ChimeSDKMeetingsServiceException));
});

test("an unknown code is the name on the service's base class", async () => {
  server.queue(answer(418, { __type: "com.amazonaws.chime#TeapotException:http://x", message: "short" }));
  const error = await caught(at(server, ChimeSDKMeetings).getMeeting({ MeetingId: "m" }));
  assert.equal(error.name, "TeapotException");
  assert.equal(error.constructor, meetings.ChimeSDKMeetingsServiceException);
  assert.match(error.stack, /^TeapotException: short\n/);
});

test("a short code gives the class of its long name, and stays as it was sent", async () => {
  server.queue(forbidden("Forbidden"));
  const error = await caught(at(server, Chime).getMediaCapturePipeline({ MediaPipelineId: "x" }));
  assert.ok(error instanceof chimeline.ForbiddenException);
  assert.equal(error.name, "Forbidden");
});

test("a missing message is UnknownError, and a 5xx is the server's fault", async () => {
  server.queue(answer(500, {}, { "x-amzn-ErrorType": "ServiceFailureException" }), answer(502, "<html>bad gateway</html>", { "Content-Type": "text/html" }));
  const client = at(server, Chime);
  const failure = await caught(client.listMediaCapturePipelines({}));
  assert.deepEqual([failure.name, failure.message, failure.$fault], ["ServiceFailureException", "UnknownError", "server"]);
  const gateway = await caught(client.listMediaCapturePipelines({}));
  assert.deepEqual([gateway.name, gateway.message, gateway.$fault], ["502", "Bad Gateway", "server"]);
});

test("exceptions can be made by hand, for tests of a caller's code", () => {
  const error = new chimeline.NotFoundException({ message: "gone", $metadata: {}, Code: "NotFound" });
  assert.deepEqual([error.name, error.message, error.$fault, error.Code], ["NotFoundException", "gone", "client", "NotFound"]);
  assert.ok(error instanceof meetings.ChimeSDKMeetingsServiceException);
  assert.equal(new chimeline.ServiceUnavailableException({ message: "" }).$fault, "server");
});

test("every error class derives from the one base and has its own name", () => {
  const classes = Object.entries(chimeline).filter(([, value]) => typeof value === "function" && Error.prototype.isPrototypeOf(value.prototype));
  assert.ok(classes.length > 30);
  for (const [name, Class] of classes) {
    if (Class !== ChimelineError) assert.ok(ChimelineError.prototype.isPrototypeOf(Class.prototype), name);
    assert.equal(Class.name, name);
    assert.equal(Class.prototype.name, name);
  }
});

test("the stack shows the line of the caller", async () => {
  server.queue(forbidden());
  async function theCallersFunction() {
    await at(server, Chime).listMediaCapturePipelines({});
  }
  assert.match((await caught(theCallersFunction())).stack, /theCallersFunction.*errors\.test\.mjs/);
});

test("no error shows a secret", async () => {
  const credentials = { ...keys, sessionToken: "SESSION-TOKEN-VALUE" };
  const errors = [];
  server.queue(forbidden(), answer(200, "<html>"));
  const client = at(server, Chime, { credentials });
  errors.push(await caught(client.getMediaCapturePipeline({ MediaPipelineId: "x" })));
  errors.push(await caught(client.getMediaCapturePipeline({ MediaPipelineId: "x" })));
  errors.push(await caught(client.createMediaCapturePipeline({ ...capture, SinkType: 1 })));
  errors.push(await caught(new Chime({ credentials, endpoint: "http://127.0.0.1:1", region: "us-east-1", maxAttempts: 1 }).listMediaCapturePipelines({})));
  errors.push(await caught(new Chime({ credentials, region: "not a region" }).listMediaCapturePipelines({})));
  for (const error of errors) {
    const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + error.stack;
    for (const hidden of [secret, keys.accessKeyId, "SESSION-TOKEN-VALUE"]) assert.ok(!shown.includes(hidden), error.name);
    assert.ok(error instanceof ChimelineError);
  }
});

const wanted = (error) => [error.name, error.message, error.$metadata, error.hint];

test("JSON and copies of an error carry what it says, and logs, stacks and reports show its hint", async () => {
  server.queue(answer(404, { Code: "NotFound", Message: "gone" }, { "x-amzn-ErrorType": "NotFoundException" }));
  const error = await caught(at(server, ChimeSDKMediaPipelines).getMediaPipeline({ MediaPipelineId: "0".repeat(36) }));
  assert.match(error.hint, /control Region/);
  assert.equal(error.message, "gone");
  assert.equal(error.code, "NotFoundException");
  for (const copy of [{ ...error }, JSON.parse(JSON.stringify({ ...error, $metadata: undefined })), JSON.parse(JSON.stringify(error))]) {
    assert.deepEqual([copy.name, copy.message, copy.$fault, copy.hint], [error.name, "gone", "client", error.hint]);
    assert.ok(!("code" in copy || "$response" in copy));
  }
  assert.deepEqual(wanted({ ...error }), wanted(error));
  assert.equal(JSON.parse(JSON.stringify(error)).$metadata.httpStatusCode, 404);
  const shown = inspect(error);
  assert.equal(shown.split(error.hint).length, 2);
  assert.match(shown, /^NotFoundException: gone\n    hint: the pipeline .*\n    at async .*support\.mjs.*\n    at async .*errors\.test\.mjs/);
  assert.match(inspect({ nested: [error] }, { depth: 4 }), /hint: the pipeline/);
  assert.match(error.stack, /^NotFoundException: gone\n    hint: the pipeline /);
});

test("an error without a hint shows none, and other properties are shown", async () => {
  server.queue(forbidden());
  const error = await caught(at(server, Chime).listMediaCapturePipelines({}));
  assert.equal(error.hint, undefined);
  assert.ok(!("hint" in { ...error }));
  assert.match(inspect(error), /Code: 'Forbidden'/);
  assert.ok(!inspect(error).includes("hint"));
  error.note = error;
  assert.match(inspect(error), /note: /);
});

test("the first frame of a stack is the caller's, and Node shows the caller's line when a program ends by an error", async () => {
  async function theCallersFunction() {
    for await (const page of at(server, ChimeSDKMediaPipelines, { region: "" }).paginateListMediaPipelines({})) void page;
  }
  assert.match((await caught(theCallersFunction())).stack.split("\n")[2], /^    at async theCallersFunction /);
  const { spawnSync } = await import("node:child_process");
  const program = `const { ChimeSDKMediaPipelines } = require(${JSON.stringify(require.resolve("chimeline"))});
    async function main() {
      return await new ChimeSDKMediaPipelines({ credentials: { accessKeyId: "a", secretAccessKey: "b" } }).listMediaPipelines({}); // this line
    }
    main();`;
  const { stderr, status } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8", env: { PATH: process.env.PATH, HOME: process.env.HOME } });
  assert.equal(status, 1);
  assert.match(stderr, /listMediaPipelines\({}\); \/\/ this line\n *\^\n\nNoRegionError: .*\n    hint: /);
});

test("a call that nobody awaits keeps the stack that it has", async () => {
  const error = await new Promise((resolve) => void at(server, ChimeSDKMediaPipelines, { region: "" }).listMediaPipelines({}).catch(resolve));
  assert.match(error.stack, /^NoRegionError: .*\n    hint: .*\n    at /);
});

test("a program's own preparation of stacks is left alone", async () => {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (error, sites) => sites;
  try {
    assert.equal((await caught(at(server, ChimeSDKMediaPipelines, { region: "" }).listMediaPipelines({}))).name, "NoRegionError");
  } finally {
    Error.prepareStackTrace = before;
  }
});

test("a certificate that is not trusted names what would have it trusted", async () => {
  const { createServer } = await import("node:https");
  const { generate } = await import("selfsigned");
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256" });
  const secure = createServer({ cert, key }, (request, response) => response.end("{}")).listen(0, "127.0.0.1");
  await new Promise((resolve) => secure.once("listening", resolve));
  const error = await caught(at(server, Chime, { endpoint: `https://localhost:${secure.address().port}` }).listMediaCapturePipelines({}));
  secure.close();
  assert.equal(error.name, "SSLError");
  for (const text of ["caBundle", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]) assert.ok(error.hint.includes(text) && error.stack.includes(text));
});
