// Waiters: each result is that of the AWS SDK's own engine, fed with the same table against the same server.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import * as awsPipelines from "@aws-sdk/client-chime-sdk-media-pipelines";
import * as awsMeetings from "@aws-sdk/client-chime-sdk-meetings";
import { checkExceptions, createWaiter } from "@smithy/core/client";
import { answer, at, caught, require, Server } from "./support.mjs";

const { LocalChime } = require("chimeline/testing");
const packages = {
  "chime-sdk-media-pipelines": [require("chimeline/client-chime-sdk-media-pipelines"), awsPipelines, "ChimeSDKMediaPipelines"],
  "chime-sdk-meetings": [require("chimeline/client-chime-sdk-meetings"), awsMeetings, "ChimeSDKMeetings"],
};
const tableOf = (service) => JSON.parse(readFileSync(new URL(`../../crates/xtask/model/${service}/waiters-2.json`, import.meta.url))).waiters;
const id = "4c4f0fbb-2b4e-4e2a-8a53-0a2f1b0c7c11";
const inputs = {
  GetMediaCapturePipeline: { MediaPipelineId: id },
  GetMediaPipeline: { MediaPipelineId: id },
  GetMediaPipelineKinesisVideoStreamPool: { Identifier: "pool" },
  GetSpeakerSearchTask: { Identifier: id, SpeakerSearchTaskId: id },
  GetVoiceToneAnalysisTask: { Identifier: id, VoiceToneAnalysisTaskId: id },
  GetMeeting: { MeetingId: id },
};
const fast = { minDelay: 0.001, maxDelay: 0.002, maxWaitTime: 30 };

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.steps.length = 0;
});

const fault = (code, status = 404) => answer(status, { Code: code, Message: "m" }, { "x-amzn-errortype": code });

/** An answer in which that place has that value. */
function result(path, value) {
  if (path.includes("[")) {
    const ElementStatuses = [{ Type: "VoiceAnalyticsProcessor", Status: "Stopped" }, { Type: "AmazonTranscribeProcessor", Status: value }];
    return answer(200, { MediaPipeline: { MediaInsightsPipeline: { Status: "Initializing", ElementStatuses } } });
  }
  return answer(200, path.split(".").reduceRight((inner, name) => ({ [name]: inner }), value));
}

const answerOf = ({ matcher, argument, expected }) => (matcher === "error" ? fault(expected, expected.includes("hrottl") ? 429 : 404) : result(argument, expected));

function scripts({ acceptors }) {
  const ends = acceptors.filter(({ state }) => state !== "retry").map(answerOf);
  const retries = acceptors.filter(({ state }) => state === "retry").map(answerOf);
  const each = ends.flatMap((end) => [[end], [answer(200), retries[0], fault("Forbidden", 403), end]]);
  return [...each, [...retries, ends[0]]];
}

/** The check of one call as the AWS SDK's generator writes it, for a table. */
function checkState(acceptors, Command) {
  const at = (output, path) => {
    if (!path.includes("[")) return path.split(".").reduce((value, name) => value[name], output);
    const elements = output.MediaPipeline.MediaInsightsPipeline.ElementStatuses;
    return elements.filter(({ Type }) => ["AmazonTranscribeProcessor", "AmazonTranscribeCallAnalyticsProcessor"].includes(Type)).map(({ Status }) => Status);
  };
  return async (client, input) => {
    let reason;
    try {
      const output = await client.send(new Command(input));
      reason = output;
      for (const { matcher, argument, expected, state } of acceptors) {
        try {
          const found = at(output, argument);
          const matches = matcher === "path" ? found === expected : found.some((item) => item === expected);
          if (matches) return { state: state.toUpperCase(), reason };
        } catch {
          // As generated: a path that leads nowhere matches nothing.
        }
      }
    } catch (error) {
      reason = error;
      for (const { matcher, expected, state } of acceptors) {
        if (matcher === "error" && error.name === expected) return { state: state.toUpperCase(), reason };
      }
    }
    return { state: "RETRY", reason };
  };
}

function comparable({ state, reason, final, observedResponses }) {
  const told = (value) => (value instanceof Error ? { name: value.name, message: value.message, status: value.$metadata?.httpStatusCode } : { ...value, $metadata: value?.$metadata?.httpStatusCode });
  assert.equal(reason, final);
  return { state, reason: told(reason), observedResponses };
}

for (const [service, [ours, aws, title]] of Object.entries(packages)) {
  for (const [name, table] of Object.entries(tableOf(service))) {
    test(`${name} has the results of the AWS SDK's engine`, async () => {
      const input = inputs[table.operation];
      const client = at(server, ours[title]);
      const other = at(server, aws[title]);
      for (const script of scripts(table)) {
        server.queue(...script);
        const expected = await createWaiter({ ...fast, client: other }, input, checkState(table.acceptors, aws[`${table.operation}Command`]));
        server.steps.length = 0;
        server.queue(...script);
        const got = await ours[`waitFor${name}`]({ ...fast, client }, input);
        assert.deepEqual(comparable(got), comparable(expected));
        assert.equal(server.requests.length % 2, 0);
        server.steps.length = 0;
        server.queue(...script);
        const until = () => ours[`waitUntil${name}`]({ ...fast, client }, input);
        if (expected.state === "SUCCESS") {
          assert.deepEqual(comparable(await until()), comparable(expected));
        } else {
          const error = await caught(until());
          assert.deepEqual([error.name, JSON.parse(error.message).state], ["Error", "FAILURE"]);
        }
        server.requests.length = 0;
        server.steps.length = 0;
      }
    });
  }
}

const [{ ChimeSDKMeetings, GetMeetingCommand, waitForMeetingEnded, waitUntilMeetingEnded }] = packages["chime-sdk-meetings"];
const { GetMeetingCommand: AwsGetMeetingCommand, ChimeSDKMeetings: AwsMeetings } = awsMeetings;
const awsWait = (params) => createWaiter({ minDelay: 15, maxDelay: 120, ...params }, { MeetingId: id }, checkState(tableOf("chime-sdk-meetings").MeetingEnded.acceptors, AwsGetMeetingCommand));

test("a wait that is over time ends as the AWS SDK's does", async () => {
  const times = { minDelay: 0.05, maxDelay: 0.1, maxWaitTime: 0.4 };
  const results = [await awsWait({ ...times, client: at(server, AwsMeetings) }), await waitForMeetingEnded({ ...times, client: at(server, ChimeSDKMeetings) }, { MeetingId: id })];
  assert.deepEqual(results.map(({ state, reason }) => [state, reason]), [["TIMEOUT", undefined], ["TIMEOUT", undefined]]);
  assert.deepEqual(results.map(({ observedResponses }) => Object.keys(observedResponses)), [["200: OK"], ["200: OK"]]);
  const errors = [await caught(waitUntilMeetingEnded({ ...times, client: at(server, ChimeSDKMeetings) }, { MeetingId: id }))];
  assert.throws(() => checkExceptions(results[0]), (error) => errors.push(error) === 2);
  assert.deepEqual(errors.map(({ name, message }) => [name, JSON.parse(message).reason]), [["TimeoutError", "Waiter has timed out"], ["TimeoutError", "Waiter has timed out"]]);
});

for (const by of ["abortSignal", "abortController"]) {
  test(`an ${by} ends a wait as it ends the AWS SDK's, and leaves no listener and no timer`, async () => {
    const run = async (wait) => {
      const controller = new AbortController();
      let listeners = 0;
      const { signal } = controller;
      const { addEventListener, removeEventListener } = signal;
      signal.addEventListener = (...args) => (listeners++, addEventListener.apply(signal, args));
      signal.removeEventListener = (...args) => (listeners--, removeEventListener.apply(signal, args));
      setTimeout(() => controller.abort(), 100);
      const outcome = await wait({ minDelay: 0.02, maxDelay: 0.03, maxWaitTime: 60, [by]: by === "abortSignal" ? signal : controller });
      return [outcome, listeners];
    };
    const aws = await run((params) => awsWait({ ...params, client: at(server, AwsMeetings) }));
    const client = at(server, ChimeSDKMeetings);
    const ours = await run((params) => waitForMeetingEnded({ ...params, client }, { MeetingId: id }));
    assert.deepEqual(ours, aws);
    const [error] = await run((params) => caught(client.waitUntilMeetingEnded({ MeetingId: id }, params)));
    assert.deepEqual([error.name, JSON.parse(error.message)], ["AbortError", { state: "ABORTED", reason: "Request was aborted" }]);
    const asked = server.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(server.requests.length - asked <= 1);
  });
}

test("wrong configurations are refused with the AWS SDK's texts, before any call", async () => {
  const client = at(server, ChimeSDKMeetings);
  for (const params of [{ maxWaitTime: 0 }, { maxWaitTime: 5 }, { maxWaitTime: 60, minDelay: -1 }, { maxWaitTime: 60, maxDelay: -1 }, { maxWaitTime: 60, maxDelay: 1 }]) {
    const errors = [await caught(awsWait({ ...params, client })), await caught(waitForMeetingEnded({ ...params, client }, { MeetingId: id }))];
    assert.equal(errors[1].message, errors[0].message);
  }
  const { message } = await caught(waitForMeetingEnded({ client }, { MeetingId: id }));
  assert.equal(message, "WaiterConfiguration.maxWaitTime must be a number of seconds, not undefined");
  const wrong = await caught(waitUntilMeetingEnded({ client: {}, maxWaitTime: 60 }, { MeetingId: id }));
  assert.equal(wrong.message, "waitUntilMeetingEnded: client must be a ChimeSDKMeetingsClient");
  assert.equal(server.requests.length, 0);
});

test("the method of the client takes a number of seconds, and the functions have their names", async () => {
  server.queue(answer(200), fault("NotFoundException"));
  const client = at(server, ChimeSDKMeetings);
  const started = performance.now();
  const { state } = await client.waitUntilMeetingEnded({ MeetingId: id }, { maxWaitTime: 20, minDelay: 0.01, maxDelay: 0.02 });
  assert.equal(state, "SUCCESS");
  assert.ok(performance.now() - started < 5000);
  server.queue(fault("NotFoundException"));
  assert.equal((await client.waitUntilMeetingEnded({ MeetingId: id }, 60)).state, "SUCCESS");
  assert.deepEqual([waitForMeetingEnded.name, waitUntilMeetingEnded.name, client.waitUntilMeetingEnded.name], ["waitForMeetingEnded", "waitUntilMeetingEnded", "waitUntilMeetingEnded"]);
  assert.ok(new GetMeetingCommand({ MeetingId: id }));
});

test("a recording is waited for on the local service, in the legacy namespace too", async () => {
  const legacy = require("chimeline/client-chime");
  const [{ ChimeSDKMediaPipelines, waitUntilMediaCapturePipelineInProgress, waitUntilMediaCapturePipelineStopped }] = packages["chime-sdk-media-pipelines"];
  const local = await LocalChime.start({ pace: 50 });
  try {
    const meetings = new ChimeSDKMeetings(local.clientOptions);
    const { Meeting } = await meetings.createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup", ClientRequestToken: "waits" });
    const capture = { SourceType: "ChimeSdkMeeting", SourceArn: Meeting.MeetingArn, SinkType: "S3Bucket", SinkArn: "arn:aws:s3:::bucket" };
    const times = { minDelay: 0.01, maxDelay: 0.02, maxWaitTime: 20 };
    const client = new ChimeSDKMediaPipelines(local.clientOptions);
    const { MediaCapturePipeline } = await client.createMediaCapturePipeline(capture);
    const input = { MediaPipelineId: MediaCapturePipeline.MediaPipelineId };
    assert.equal((await waitUntilMediaCapturePipelineInProgress({ client, ...times }, input)).final.MediaCapturePipeline.Status, "InProgress");
    await client.deleteMediaCapturePipeline(input);
    assert.equal((await waitUntilMediaCapturePipelineStopped({ client, ...times }, input)).state, "SUCCESS");
    const old = new legacy.Chime(local.clientOptions);
    const made = await old.createMediaCapturePipeline(capture);
    const oldInput = { MediaPipelineId: made.MediaCapturePipeline.MediaPipelineId };
    assert.equal((await legacy.waitUntilMediaCapturePipelineInProgress({ client: old, ...times }, oldInput)).state, "SUCCESS");
  } finally {
    await local.stop();
  }
});
