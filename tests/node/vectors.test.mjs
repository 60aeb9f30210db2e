// The vectors that all three languages run; tests/vectors/README.md describes them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { answer, at, caught, keys, require, Server } from "./support.mjs";

const { Chime, ChimeSDKMediaPipelines, ChimeSDKMeetings, ParamValidationError, ServiceException } = require("chimeline");
const classes = { chime: Chime, "chime-sdk-media-pipelines": ChimeSDKMediaPipelines, "chime-sdk-meetings": ChimeSDKMeetings };
const AUTOMATIC_TOKEN = "6bfe7a3c-6c37-4a3b-8f3d-0d2d1a0b0c0d";
const ABSENT = Symbol("JavaScript has no such value");

let server;
const clients = new Map();
before(async () => (server = await Server.start()));
after(() => server.stop());

function* cases(folder) {
  for (const service of Object.keys(classes)) {
    const file = join(import.meta.dirname, "../vectors", folder, `${service}.json`);
    for (const vector of JSON.parse(readFileSync(file, "utf8"), exact)) yield [service, vector];
  }
}

/** Integers that a double does not hold. */
function exact(_, value) {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? ABSENT : value;
}

/** The value with its tags resolved, or ABSENT if it holds what JavaScript cannot tell apart. */
function untag(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) {
    const items = value.map(untag);
    return items.includes(ABSENT) ? ABSENT : items;
  }
  const names = Object.keys(value);
  if (names.length === 1 && names[0].startsWith("$")) {
    if (names[0] === "$dt") return new Date(/[+Z]|-\d\d:\d\d$/.test(value.$dt) ? value.$dt : `${value.$dt}Z`);
    if (names[0] === "$float") return Number(value.$float.replace("inf", "Infinity"));
    return ABSENT;
  }
  const members = names.map((name) => [name, untag(value[name])]);
  return members.some(([, member]) => member === ABSENT) ? ABSENT : Object.fromEntries(members);
}

function call(service, config, operation, input) {
  const name = JSON.stringify([service, config]);
  if (!clients.has(name)) {
    const credentials = { ...keys, accessKeyId: config.access_key ?? keys.accessKeyId, sessionToken: config.session_token ?? undefined };
    clients.set(name, at(server, classes[service], { region: config.region ?? "us-east-1", credentials }));
  }
  return clients.get(name)[operation[0].toLowerCase() + operation.slice(1)](input);
}

test("requests have the same line and body", async () => {
  for (const [service, vector] of cases("requests")) {
    const input = untag(vector.input);
    const whole = /\.0\b|\$(tuple|float)|true/.test(JSON.stringify(vector.input));
    if (input === ABSENT || (whole && vector.about.includes("quirk"))) continue;
    const config = vector.config ?? {};
    server.requests.length = 0;
    server.fallback = answer(200);
    await call(service, config, vector.operation, input);
    const [sent] = server.requests;
    const { request: due, name } = vector;
    const prefix = config.endpoint_url ? new URL(config.endpoint_url).pathname.replace(/\/$/, "") : "";
    assert.equal(sent.method, due.method, name);
    // Not by URL, which would take dot segments out.
    assert.equal(sent.target, due.url.replace(/^https?:\/\/[^/]*/, "").slice(prefix.length), name);
    const token = /"ClientRequestToken": "([^"]*)"}$/.exec(sent.body);
    assert.equal(sent.body, token ? due.body.replace(AUTOMATIC_TOKEN, token[1]) : due.body, name);
    assert.equal(sent.headers["content-type"], due["content-type"] ?? undefined, name);
    assert.ok(sent.headers.authorization.includes(/SignedHeaders=[^,]*/.exec(due.authorization)[0]), name);
    assert.equal(sent.headers["x-amz-security-token"], config.session_token ?? undefined, name);
  }
});

test("faults are reported as everywhere", async () => {
  for (const [service, vector] of cases("validation")) {
    const input = untag(vector.input);
    if (input === ABSENT || vector.about.includes("below-min-bool") || vector.about.includes("quirk")) continue;
    server.fallback = answer(200);
    server.requests.length = 0;
    if (vector.faults.length === 0) {
      await call(service, {}, vector.operation, input);
      continue;
    }
    // A null member is an absent one, as in the AWS SDK.
    if (/: *null/.test(JSON.stringify(vector.input))) continue;
    // A whole float is no integer in Python, and the same number in JavaScript.
    if (/value: \d+\.0, type: <class 'float'>/.test(vector.message)) continue;
    const error = await caught(call(service, {}, vector.operation, input));
    assert.ok(error instanceof ParamValidationError, vector.name);
    assert.deepEqual(error.errors, vector.faults, vector.name);
    assert.equal(server.requests.length, 0, vector.name);
  }
});

test("answers become the same results and errors", async () => {
  for (const [service, vector] of cases("responses")) {
    const { status, headers, body } = vector.response;
    server.fallback = answer(status, body, headers.filter(([name]) => name.toLowerCase() !== "content-length"));
    const done = call(service, {}, vector.operation, untag(vector.input));
    if (vector.result) {
      const { $metadata, ...output } = await done;
      const { ResponseMetadata: due, ...members } = vector.result;
      const wanted = untag(members);
      if (wanted !== ABSENT) assert.deepEqual(output, wanted, vector.name);
      assert.equal($metadata.httpStatusCode, due.HTTPStatusCode, vector.name);
      assert.equal($metadata.requestId, due.RequestId, vector.name);
      continue;
    }
    const error = await caught(done);
    const { class: name, response } = vector.error;
    assert.ok(error instanceof ServiceException, vector.name);
    if (name !== "ClientError") assert.equal(error.constructor.name, name, vector.name);
    const { Code: code, Message: message } = response.Error ?? {};
    if (typeof code === "string" && !/^(\d{3})?$/.test(code)) assert.equal(error.name, code, vector.name);
    if (typeof message === "string") assert.equal(error.message, message || "UnknownError", vector.name);
    assert.equal(error.$metadata.httpStatusCode, response.ResponseMetadata.HTTPStatusCode, vector.name);
    assert.equal(error.$metadata.requestId, response.ResponseMetadata.RequestId, vector.name);
  }
});

test("endpoints follow from region and options", async () => {
  for (const [service, { name, config, url, error }] of cases("endpoints")) {
    const options = { region: config.region === undefined ? "us-east-1" : (config.region ?? undefined), credentials: keys };
    if (config.endpoint_url != null) options.endpoint = config.endpoint_url;
    if (config.use_fips != null) options.useFipsEndpoint = config.use_fips;
    if (config.use_dualstack != null) options.useDualstackEndpoint = config.use_dualstack;
    const settings = new classes[service](options).config.settings();
    if (error) assert.equal((await caught(settings)).name, error.class, name);
    else assert.equal((await settings).endpoint, url, name);
  }
});
