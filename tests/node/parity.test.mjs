// The same program on the AWS SDK for JavaScript and on this package prints the same.
import { after, before, beforeEach, test } from "node:test";
import { outcome, same, server, start, stop } from "./parity.mjs";
import { answer, capture, reset, stall } from "./support.mjs";

before(start);
after(stop);
beforeEach(() => {
  server.fallback = answer(200);
});

const denied = answer(403, { Code: "Forbidden", Message: "not yours", RequestId: "in" }, { "x-amzn-ErrorType": "ForbiddenException", "x-amzn-RequestId": "r-1" });

test("copies, JSON and keys of an error of the service", async () => {
  const program = async ({ pipelines, options, print }) => {
    const client = new pipelines.ChimeSDKMediaPipelinesClient(options);
    await outcome(print, client.send(new pipelines.ListMediaPipelinesCommand({})), (error) => [
      { ...error },
      JSON.stringify(error),
      Object.keys(error),
      error instanceof pipelines.ForbiddenException,
      error instanceof pipelines.ChimeSDKMediaPipelinesServiceException,
      error.$response.statusCode,
      error.toString(),
    ]);
  };
  await same(program, { steps: [denied] });
});

test("names, codes and metadata of connections that fail", async () => {
  const show = ({ name, code, $metadata }) => ({ name, code, $metadata });
  const named = ({ name }) => name;
  for (const [steps, given, shown] of [
    [[reset], {}, show],
    [[stall], { requestHandler: { requestTimeout: 100, throwOnRequestTimeout: true } }, show],
    [[stall], { requestHandler: { socketTimeout: 100 } }, named],
    [[], { endpoint: "http://127.0.0.1:9" }, ({ code, $metadata }) => ({ code, $metadata })],
    [[], { endpoint: "http://no-such-host.invalid" }, ({ code, $metadata }) => ({ code, $metadata })],
    [[], { credentials: undefined }, named],
  ]) {
    await same(async ({ pipelines, options, print }) => {
      await outcome(print, new pipelines.ChimeSDKMediaPipelines({ ...options, ...given }).listMediaPipelines({}), shown);
    }, { steps });
  }
});

test("what a logger is given", async () => {
  const created = answer(200, { MediaCapturePipeline: { MediaPipelineId: "p", SourceArn: "arn:x", CreatedTimestamp: "2024-02-29T12:34:56Z", Status: "Initializing" } }, { "x-amzn-RequestId": "r-1" });
  await same(
    async ({ pipelines, options, print }) => {
      const write = (level) => ({ error, ...rest }) => print(level, rest, error?.name);
      const logger = { trace() {}, debug() {}, info: write("info"), warn: print, error: write("error") };
      const client = new pipelines.ChimeSDKMediaPipelines({ ...options, logger });
      const streams = { SelectedVideoStreams: { ExternalUserIds: ["alice", "robert"], AttendeeIds: ["0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c"] } };
      await client.createMediaCapturePipeline({ ...capture, ClientRequestToken: "a-token", ChimeSdkMeetingConfiguration: { SourceConfiguration: streams }, Tags: [{ Key: "k", Value: "v" }] });
      await outcome(print, client.send(new pipelines.ListMediaPipelinesCommand({ MaxResults: 5 })), ({ name }) => name);
    },
    { steps: [created, denied] },
  );
});

test("inputs with null members, class instances with getters and inherited members", async () => {
  class Streams {
    AttendeeIds = ["0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c"];
    extra = 1;
    get ExternalUserIds() {
      return ["alice"];
    }
  }
  await same(async ({ pipelines, options, print, requests }) => {
    const client = new pipelines.ChimeSDKMediaPipelines(options);
    const base = { ...capture, ClientRequestToken: "a-token" };
    for (const input of [
      { ...base, Tags: null, ChimeSdkMeetingConfiguration: { SourceConfiguration: null } },
      { ...base, ChimeSdkMeetingConfiguration: { SourceConfiguration: { SelectedVideoStreams: new Streams() } } },
      Object.create(base),
      Object.assign(Object.create({ SinkArn: base.SinkArn }), { ...base, SinkArn: undefined }, { SinkArn: base.SinkArn }),
      new Proxy(base, {}),
    ]) {
      await client.createMediaCapturePipeline(input);
      print(JSON.parse(requests.at(-1).body));
    }
    await client.listMediaPipelines({ NextToken: null, MaxResults: 5 });
    print(requests.at(-1).target);
  });
});

test("inputs of any kind where nothing is checked", async () => {
  const token = { ClientRequestToken: "a-token" };
  const range = (TimestampRange) => ({ ...token, KinesisVideoStreamRecordingSourceRuntimeConfiguration: { FragmentSelector: { TimestampRange } } });
  const calls = [
    ["createMediaCapturePipeline", token],
    ["createMediaCapturePipeline", { ...token, SourceType: "Chime", Bogus: 1, ChimeSdkMeetingConfiguration: { Bogus: 2, SourceConfiguration: { SelectedVideoStreams: { AttendeeIds: "no list", Zzz: 1 } } } }],
    ["createMediaCapturePipeline", { ...token, SourceType: 5, SourceArn: true, SinkType: { a: 1 }, SinkArn: ["x"] }],
    ["createMediaCapturePipeline", { ...token, SourceType: null, Tags: [null, undefined, { Key: null, Value: "v" }] }],
    ["createMediaCapturePipeline", { ...token, ChimeSdkMeetingConfiguration: "abc" }],
    ["createMediaCapturePipeline", { ...token, ChimeSdkMeetingConfiguration: 7, Tags: { Key: "a" } }],
    ["createMediaCapturePipeline", { ...token, SourceArn: new Date(0), Tags: ["x", 5, { Key: 5, Value: true, Z: 1 }] }],
    ["createMediaCapturePipeline", { ClientRequestToken: "", Tags: [] }],
    ["createMediaInsightsPipeline", { ...token, MediaInsightsRuntimeMetadata: { a: "b", n: 5, z: null, o: { x: 1 } } }],
    ["createMediaInsightsPipeline", range({ StartTimestamp: "2024-02-29T12:34:56Z", EndTimestamp: 1_700_000_000 })],
    ["createMediaInsightsPipeline", range({ StartTimestamp: new Date(1_700_000_000_500), EndTimestamp: true })],
    ["listMediaPipelines", { MaxResults: "5", NextToken: 7 }],
    ["listMediaPipelines", { MaxResults: true, NextToken: ["a", "b"] }],
    ["listMediaPipelines", { MaxResults: 1.5, NextToken: "" }],
    ["getMediaPipeline", { MediaPipelineId: 5 }],
    ["getMediaPipeline", { MediaPipelineId: false }],
  ];
  await same(async ({ pipelines, meetings, options, print, requests }) => {
    const unchecked = { ...options, parameterValidation: false };
    const client = new pipelines.ChimeSDKMediaPipelines(unchecked);
    const sent = () => {
      const { method, target, body } = requests.at(-1);
      // The order of members is the caller's here, and the model's there.
      const ordered = (_, value) => (value?.constructor === Object ? Object.fromEntries(Object.entries(value).sort()) : value);
      print(method, target, body && JSON.stringify(JSON.parse(body), ordered));
    };
    for (const [method, input] of calls) {
      await client[method](input);
      sent();
    }
    for (const MaxCount of ["5", 1.5, true, NaN, Infinity, 5n]) {
      await new meetings.ChimeSDKMeetings(unchecked).createMeeting({ ...token, MeetingFeatures: { Attendee: { MaxCount } } });
      sent();
    }
    await outcome(print, client.getMediaPipeline({}), (error) => error.message.includes("MediaPipelineId"));
  });
});

test("the host among the headers of an attempt, in middleware and in a handler of the user's own", async () => {
  await same(async ({ pipelines, options, print, requests }) => {
    const own = ({ host, ...headers }) => [host === new URL(options.endpoint).host, "authorization" in headers];
    const client = new pipelines.ChimeSDKMediaPipelinesClient(options);
    client.middlewareStack.add((next) => (args) => (print("build", own(args.request.headers)[0]), next(args)), { step: "build" });
    client.middlewareStack.add((next) => (args) => (print("finalizeRequest", own(args.request.headers)[0]), next(args)), { step: "finalizeRequest" });
    await client.send(new pipelines.ListMediaPipelinesCommand({}));
    print(own(requests[0].headers));
    const handle = async ({ headers }) => (print("handler", own(headers)), { response: { statusCode: 200, headers: {}, body: Buffer.from("{}") } });
    await new pipelines.ChimeSDKMediaPipelinesClient({ ...options, requestHandler: { handle } }).send(new pipelines.ListMediaPipelinesCommand({}));
  });
});
