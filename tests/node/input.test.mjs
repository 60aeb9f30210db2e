import assert from "node:assert/strict";
import { runInNewContext } from "node:vm";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, capture, caught, require, Server } from "./support.mjs";

const { Chime, ChimeSDKMediaPipelines, ChimeSDKMeetings, ParamValidationError } = require("chimeline");

let server;
before(async () => (server = await Server.start(answer(200))));
after(() => server.stop());
beforeEach(() => (server.requests.length = 0));

const body = () => JSON.parse(server.requests.at(-1).body);

/** The one fault's line of a capture whose SinkArn is the value. */
async function refused(value, Class = Chime) {
  server.requests.length = 0;
  const error = await caught(at(server, Class).createMediaCapturePipeline({ ...capture, SinkArn: value }));
  assert.ok(error instanceof ParamValidationError, String(error));
  assert.equal(server.requests.length, 0);
  assert.equal(error.errors.length, 1);
  assert.equal(error.errors[0].path, "SinkArn");
  return error.message.split("\n")[1];
}

test("a value of another type is named, with its type and what would do", async () => {
  class Bucket {
    name = "b";
  }
  const due = [
    [5, "5", "number"],
    [NaN, "NaN", "number"],
    [-Infinity, "-Infinity", "number"],
    [10n ** 20n, "100000000000000000000n", "bigint"],
    [true, "true", "boolean"],
    [Symbol("s"), "Symbol(s)", "symbol"],
    [function sink() {}, "[Function sink]", "function"],
    [new Date(0), "1970-01-01T00:00:00Z", "Date"],
    [new Date(NaN), "Invalid Date", "Date"],
    [new Map([["a", 1]]), "Map(1) { 'a' => 1 }", "Map"],
    [new Set([1]), "Set(1) { 1 }", "Set"],
    [new Uint8Array(2), "Uint8Array(2) [ 0, 0 ]", "Uint8Array"],
    [/x/g, "/x/g", "RegExp"],
    [new String("x"), "[String: 'x']", "String"],
    [[1, "a"], '[1, "a"]', "Array"],
    [{ a: { b: 1 } }, "{ a: { b: 1 } }", "Object"],
    [new Bucket(), "{ name: b }", "Bucket"],
  ];
  for (const [value, text, type] of due) {
    const line = await refused(value);
    const shown = type === "Bucket" ? '{ name: "b" }' : text;
    assert.equal(line, `Invalid type for parameter SinkArn, value: ${shown}, type: ${type}, valid types: string`);
  }
});

test("undefined members are absent, everywhere but in arrays", async () => {
  const client = at(server, ChimeSDKMediaPipelines);
  await client.createMediaCapturePipeline({ ...capture, Tags: undefined, ChimeSdkMeetingConfiguration: { SourceConfiguration: undefined } });
  assert.deepEqual(body().ChimeSdkMeetingConfiguration, {});
  assert.ok(!("Tags" in body()));
  const error = await caught(client.createMediaCapturePipeline({ ...capture, Tags: [undefined, , { Key: "k", Value: undefined }] }));
  assert.deepEqual(error.errors, [
    { reason: "invalid type", path: "Tags[0]" },
    { reason: "invalid type", path: "Tags[1]" },
    { reason: "missing required field", path: "Tags[2]", required_name: "Value" },
  ]);
  assert.match(error.message, /Tags\[0\], value: undefined, type: undefined/);
});

test("null members are absent, and a token that is null is made", async () => {
  const client = at(server, ChimeSDKMediaPipelines);
  const ChimeSdkMeetingConfiguration = { SourceConfiguration: null, ArtifactsConfiguration: undefined };
  await client.createMediaCapturePipeline({ ...capture, Tags: null, ClientRequestToken: null, ChimeSdkMeetingConfiguration });
  const { ClientRequestToken, ...rest } = body();
  assert.match(ClientRequestToken, /^[0-9a-f-]{36}$/);
  assert.deepEqual(rest, { ...capture, ChimeSdkMeetingConfiguration: {} });
  // Beside what JSON cannot say, too.
  await client.createMediaInsightsPipeline({
    MediaInsightsPipelineConfigurationArn: "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/x",
    MediaInsightsRuntimeMetadata: { kept: "v", gone: null },
    KinesisVideoStreamSourceRuntimeConfiguration: null,
    KinesisVideoStreamRecordingSourceRuntimeConfiguration: { Streams: [{ StreamArn: "arn:aws:kinesisvideo:us-east-1:111122223333:stream/abc/1234567890123" }], FragmentSelector: { FragmentSelectorType: "ServerTimestamp", TimestampRange: { StartTimestamp: new Date(0), EndTimestamp: 1 } } },
  });
  assert.deepEqual(body().MediaInsightsRuntimeMetadata, { kept: "v" });
  assert.ok(!("KinesisVideoStreamSourceRuntimeConfiguration" in body()));
  await client.listMediaPipelines({ NextToken: null, MaxResults: null });
  assert.equal(server.requests.at(-1).target, "/sdk-media-pipelines");
  const error = await caught(client.createMediaCapturePipeline({ ...capture, SinkArn: null }));
  assert.deepEqual(error.errors, [{ reason: "missing required field", path: "", required_name: "SinkArn" }]);
});

test("an unknown member names the one that was meant, and the whole list only where none is near", async () => {
  const { SinkArn, ...rest } = capture;
  const error = await caught(at(server, Chime).createMediaCapturePipeline({ ...rest, sinkArn: SinkArn, Elsewhere: 1 }));
  assert.deepEqual(error.message.split("\n").slice(2), [
    'Unknown parameter in input: "sinkArn", did you mean "SinkArn"?',
    'Unknown parameter in input: "Elsewhere", must be one of: SourceType, SourceArn, SinkType, SinkArn, ClientRequestToken, ChimeSdkMeetingConfiguration',
  ]);
  assert.deepEqual(error.errors.map(({ unknown_param }) => unknown_param), [undefined, "sinkArn", "Elsewhere"]);
});

test("a lone surrogate is refused in values and keys, and whole ones pass", async () => {
  assert.match(await refused("a\ud800"), /SinkArn: the string contains a lone surrogate/);
  await at(server, Chime).createMediaCapturePipeline({ ...capture, SinkArn: "arn:😀é" });
  assert.equal(body().SinkArn, "arn:😀é");
  const error = await caught(at(server, Chime).createMediaCapturePipeline({ ...capture, "x\udfff": 1 }));
  assert.equal(error.errors[0].reason, "unknown field");
});

test("a circular or endlessly nested input is an error, not an overflow", async () => {
  const circular = { ...capture, ChimeSdkMeetingConfiguration: { SourceConfiguration: {} } };
  circular.ChimeSdkMeetingConfiguration.SourceConfiguration.SelectedVideoStreams = circular;
  const error = await caught(at(server, Chime).createMediaCapturePipeline(circular));
  assert.ok(error instanceof ParamValidationError);
  assert.match(error.message, /SelectedVideoStreams, value: \[Circular\], type: Object/);
  let deep = "bottom";
  for (let i = 0; i < 100_000; i++) deep = [deep];
  assert.ok((await caught(at(server, Chime).createMediaCapturePipeline({ ...capture, SinkArn: deep }))) instanceof ParamValidationError);
});

test("objects of classes, of other realms and without a prototype are structures", async () => {
  class Streams {
    AttendeeIds = ["a"];
    get ExternalUserIds() {
      return ["ee"];
    }
  }
  const configuration = { SourceConfiguration: Object.assign(Object.create(null), { SelectedVideoStreams: new Streams() }) };
  await at(server, Chime).createMediaCapturePipeline({ ...capture, ChimeSdkMeetingConfiguration: configuration });
  assert.deepEqual(body().ChimeSdkMeetingConfiguration, { SourceConfiguration: { SelectedVideoStreams: { AttendeeIds: ["a"], ExternalUserIds: ["ee"] } } });
  const foreign = runInNewContext("({ SourceConfiguration: { SelectedVideoStreams: { AttendeeIds: ['b'] } } })");
  await at(server, Chime).createMediaCapturePipeline({ ...capture, ChimeSdkMeetingConfiguration: foreign });
  assert.deepEqual(body().ChimeSdkMeetingConfiguration.SourceConfiguration.SelectedVideoStreams.AttendeeIds, ["b"]);
});

test("members that are accessors, inherited or not enumerable are sent, and what else an instance of a class has is not", async () => {
  class Tag {
    #parts;
    color = "red";
    constructor(...parts) {
      this.#parts = parts;
    }
    get Key() {
      return this.#parts[0];
    }
    get Value() {
      return this.#parts[1];
    }
    describe() {}
  }
  class Recording {
    constructor() {
      Object.assign(this, capture, { team: "red" });
    }
    get Tags() {
      return [new Tag("a", "b")];
    }
  }
  const client = at(server, ChimeSDKMediaPipelines);
  const Tags = [{ Key: "a", Value: "b" }];
  for (const input of [new Recording(), Object.create({ ...capture, Tags }), Object.defineProperty({ ...capture }, "Tags", { value: Tags })]) {
    await client.createMediaCapturePipeline(input);
    assert.deepEqual([body().SinkArn, body().Tags, body().team], [capture.SinkArn, Tags, undefined]);
  }
  const asked = Object.assign(Object.create({ MaxResults: 7 }), { NextToken: "t" });
  for await (const page of client.paginateListMediaCapturePipelines(asked, Object.create({ pageSize: 9 }))) void page;
  assert.match(server.requests.at(-1).target, /max-results=7/);
  assert.match(server.requests.at(-1).target, /next-token=t/);
  // A name that is none of the operation's is still a fault of an object without a class.
  const wrong = Object.assign(Object.create({ MaxResults: 7 }), { Nexttoken: "t" });
  assert.equal((await caught(client.listMediaCapturePipelines(wrong))).errors[0].unknown_param, "Nexttoken");
});

test("no object of a user's can pass for something else", async () => {
  const Tags = [{ Key: "o", Value: '["d",0]' }];
  await at(server, ChimeSDKMediaPipelines).createMediaCapturePipeline({ ...capture, Tags, ChimeSdkMeetingConfiguration: new (class {})() });
  assert.deepEqual(body().Tags, Tags);
  const error = await caught(at(server, ChimeSDKMediaPipelines).createMediaCapturePipeline({ ...capture, Tags: ["d", 0] }));
  assert.deepEqual(error.errors.map(({ path }) => path), ["Tags[0]", "Tags[1]"]);
});

test("members keep the caller's order, and toJSON is not called", async () => {
  const reversed = Object.fromEntries(Object.entries(capture).reverse());
  await at(server, Chime).createMediaCapturePipeline(reversed);
  assert.deepEqual(Object.keys(body()).slice(0, 4), Object.keys(reversed));
  assert.match(await refused({ toJSON: () => "arn:aws:s3:::b" }), /type: Object, valid types: string/);
});

test("what a getter throws is what the call is rejected with", async () => {
  const thrown = new RangeError("mine");
  const input = { ...capture, get SinkArn() { throw thrown; } };
  assert.equal(await caught(at(server, Chime).createMediaCapturePipeline(input)), thrown);
});

test("timestamps take Dates, seconds and texts, and give Dates", async () => {
  const client = at(server, ChimeSDKMediaPipelines);
  const input = (StartTimestamp, EndTimestamp) => ({
    Streams: undefined,
    KinesisVideoStreamSourceRuntimeConfiguration: undefined,
    MediaInsightsPipelineConfigurationArn: "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/x",
    KinesisVideoStreamRecordingSourceRuntimeConfiguration: {
      Streams: [{ StreamArn: "arn:aws:kinesisvideo:us-east-1:111122223333:stream/abc/1234567890123" }],
      FragmentSelector: { FragmentSelectorType: "ServerTimestamp", TimestampRange: { StartTimestamp, EndTimestamp } },
    },
  });
  const range = () => body().KinesisVideoStreamRecordingSourceRuntimeConfiguration.FragmentSelector.TimestampRange;
  await client.createMediaInsightsPipeline(input(new Date(1_700_000_000_500), 1_700_000_001));
  assert.deepEqual(range(), { StartTimestamp: 1_700_000_000.5, EndTimestamp: 1_700_000_001 });
  await client.createMediaInsightsPipeline(input("2024-02-29T12:34:56Z", "1700000001"));
  assert.deepEqual(range(), { StartTimestamp: 1_709_210_096, EndTimestamp: 1_700_000_001 });
  const error = await caught(client.createMediaInsightsPipeline(input(new Date(NaN), true)));
  assert.match(error.message, /StartTimestamp, value: Invalid Date, type: Date, valid types: Date, number \(seconds since 1970\), timestamp-string/);
  assert.match(error.message, /EndTimestamp, value: true, type: boolean/);

  const found = { created: 1_700_000_000.5 };
  server.steps.push(
    answer(200, { MediaInsightsPipelineConfiguration: { CreatedTimestamp: found.created, UpdatedTimestamp: "2024-02-29T12:34:56.5Z", MediaInsightsPipelineConfigurationName: "2024-02-29T12:34:56Z" } }),
  );
  const output = await client.getMediaInsightsPipelineConfiguration({ Identifier: "x" });
  const { CreatedTimestamp, UpdatedTimestamp, MediaInsightsPipelineConfigurationName } = output.MediaInsightsPipelineConfiguration;
  assert.deepEqual([CreatedTimestamp, UpdatedTimestamp], [new Date(1_700_000_000_500), new Date("2024-02-29T12:34:56.500Z")]);
  assert.equal(MediaInsightsPipelineConfigurationName, "2024-02-29T12:34:56Z");
});

test("timestamps reach the end of the calendar", async () => {
  const pipelines = at(server, ChimeSDKMediaPipelines);
  const send = (StartTimestamp) =>
    pipelines.createMediaInsightsPipeline({
      MediaInsightsPipelineConfigurationArn: "arn:aws:chime:us-east-1:111122223333:media-insights-pipeline-configuration/x",
      KinesisVideoStreamRecordingSourceRuntimeConfiguration: {
        Streams: [{ StreamArn: "arn:aws:kinesisvideo:us-east-1:111122223333:stream/s/1111111111111" }],
        FragmentSelector: { FragmentSelectorType: "ProducerTimestamp", TimestampRange: { StartTimestamp, EndTimestamp: 1 } },
      },
    });
  const end = Date.UTC(9999, 11, 31, 23, 59, 59);
  for (const given of [new Date(end), end / 1000, "9999-12-31T23:59:59Z", "9999-12-31T13:59:59-10:00"]) {
    await send(given);
    const source = body().KinesisVideoStreamRecordingSourceRuntimeConfiguration;
    assert.equal(source.FragmentSelector.TimestampRange.StartTimestamp, end / 1000, String(given));
  }
  const error = await caught(send(new Date(end + 1000)));
  assert.ok(error instanceof ParamValidationError, String(error));
  assert.match(error.message, /StartTimestamp, value: 253402300800000 ms since 1970, type: Date/);
});

test("whole numbers may be bigints, and others are refused", async () => {
  const client = at(server, ChimeSDKMeetings);
  await client.listAttendees({ MeetingId: "m", MaxResults: 5n });
  assert.equal(server.requests.at(-1).target, "/meetings/m/attendees?max-results=5");
  for (const MaxResults of [1.5, "5", true]) {
    const error = await caught(client.listAttendees({ MeetingId: "m", MaxResults }));
    assert.match(error.message, /valid types: number \(a whole one\), bigint/);
  }
});

test("an input that is no object is refused", async () => {
  for (const [input, type] of [["x", "string"], [5, "number"], [[], "Array"], [new Map(), "Map"]]) {
    const error = await caught(at(server, Chime).createMediaCapturePipeline(input));
    assert.match(error.message, new RegExp(`^Parameter validation failed:\nInvalid type for parameter input, value: .*, type: ${type}, valid types: Object$`));
  }
});
