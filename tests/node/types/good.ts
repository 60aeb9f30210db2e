// A program over all three services that a strict compiler accepts.
import { AbortError, ChimelineError, ChimeSDKMediaPipelines, ForbiddenException, ParamValidationError, ServiceException } from "chimeline";
import { Chime, type CreateMediaCapturePipelineCommandOutput } from "chimeline/client-chime";
import {
  type ChimeSDKMediaPipelinesClientConfig,
  ChimeSDKMediaPipelinesClient,
  ChimeSDKMediaPipelinesServiceException,
  CreateMediaCapturePipelineCommand,
  type CreateMediaCapturePipelineCommandInput,
  MediaPipelineStatus,
  paginateListMediaPipelines,
  type Tag,
} from "chimeline/client-chime-sdk-media-pipelines";
import { ChimeSDKMeetings, CreateMeetingCommand, type Meeting, MediaCapabilities } from "chimeline/client-chime-sdk-meetings";
import { run } from "chimeline/bulk";
import { policies, preflight, reap, record } from "chimeline/recording";
import { LocalChime } from "chimeline/testing";

const config: ChimeSDKMediaPipelinesClientConfig = {
  region: async () => "us-east-1",
  endpoint: new URL("http://127.0.0.1:8000"),
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
  maxAttempts: 5,
  requestHandler: { requestTimeout: 1000 },
  parameterValidation: "strict",
};

async function main(): Promise<void> {
  const client = new ChimeSDKMediaPipelinesClient(config);
  const tags: Tag[] = [{ Key: "k", Value: "v" }];
  const input: CreateMediaCapturePipelineCommandInput = {
    SourceType: "ChimeSdkMeeting",
    SourceArn: "arn",
    SinkType: "S3Bucket",
    SinkArn: "arn",
    Tags: tags,
    ChimeSdkMeetingConfiguration: { ArtifactsConfiguration: undefined },
  };
  const output = await client.send(new CreateMediaCapturePipelineCommand(input), { abortSignal: AbortSignal.timeout(1000) });
  const status: MediaPipelineStatus | undefined = output.MediaCapturePipeline?.Status;
  const created: number | undefined = output.MediaCapturePipeline?.CreatedTimestamp?.getTime();
  const attempts: number | undefined = output.$metadata.attempts;
  console.log(status === MediaPipelineStatus.InProgress, created, attempts);

  const aggregated = new ChimeSDKMediaPipelines({});
  await aggregated.listMediaPipelines();
  aggregated.listMediaPipelines({ MaxResults: 5 }, (error, data) => console.log(error, data?.MediaPipelines?.length));
  for await (const page of paginateListMediaPipelines({ client, pageSize: 10 }, {})) {
    console.log(page.MediaPipelines?.map((pipeline) => pipeline.MediaPipelineId));
  }
  for await (const page of aggregated.paginateListMediaPipelines()) console.log(page.NextToken);

  const meetings = new ChimeSDKMeetings({ region: "us-east-1", logger: console });
  const { Meeting: made } = await meetings.createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "x" });
  const meeting: Meeting | undefined = made;
  await meetings.createAttendee({ MeetingId: meeting?.MeetingId, ExternalUserId: "u", Capabilities: { Audio: MediaCapabilities.SEND, Video: "None", Content: "Receive" } });

  const legacy: CreateMediaCapturePipelineCommandOutput = await new Chime({ namespace: "media-pipelines" }).createMediaCapturePipeline({
    SourceType: "ChimeSdkMeeting",
    SourceArn: "arn",
    SinkType: "S3Bucket",
    SinkArn: "arn",
  });
  console.log(legacy.MediaCapturePipeline?.MediaPipelineId);

  meetings.middlewareStack.add((next, context) => async (args) => next({ ...args, request: { ...args.request, headers: { who: context.commandName } } }), { step: "build", priority: "low", tags: ["WHO"] });
  meetings.middlewareStack.addRelativeTo((next) => next, { relation: "after", toMiddleware: "serializerMiddleware", name: "mine" });
  console.log(meetings.middlewareStack.remove("mine"), meetings.middlewareStack.identify().join());

  for await (const { index, output, error, resumed } of run(meetings, "createMeeting", [{ MediaRegion: "us-east-1", ExternalMeetingId: "x" }], { rate: 10 })) {
    console.log(index, output, error?.message, resumed);
  }
  console.log(run(meetings, CreateMeetingCommand, []).failures.length);

  const length: number = await record("meeting", "s3://recordings", { maxDuration: 60, signals: ["SIGTERM"] }, async (recording) => recording.pipelineId.length);
  const recording = await record({ meeting: { MeetingId: "m" }, sink: "s3://recordings", journal: "journal" });
  recording.signal.addEventListener("abort", () => console.log(recording.stopped?.MediaPipelineIds, length));
  await recording.stop();
  const left: (string | undefined)[] = (await reap({ tags: { app: "x" }, olderThan: 3600 })).Left.map(({ Reason }) => Reason);
  const { ready, checks } = await preflight("s3://recordings", { endpoints: { s3: "http://127.0.0.1:1" } });
  console.log(left, ready, checks[0]?.verdict === "cannot tell", policies("recordings", { account: "111122223333" }).bucket?.Statement.length);

  const local = await LocalChime.start({ pace: 0 });
  new Chime(local.clientOptions).destroy();
  await local.stop();
}

main().catch((error: unknown) => {
  if (error instanceof ParamValidationError) console.log(error.errors.map(({ path, reason }) => `${path}: ${reason}`));
  else if (error instanceof ForbiddenException) console.log(error.name satisfies "ForbiddenException", error.$fault satisfies "client", error.Code);
  else if (error instanceof ChimeSDKMediaPipelinesServiceException) console.log(error.$metadata.requestId, error.hint);
  else if (error instanceof ServiceException) console.log(error.$response?.statusCode);
  else if (error instanceof AbortError) console.log(error.cause);
  else if (error instanceof ChimelineError) console.log(error.operation, error.attempts.length);
});
