// A program written for the AWS SDK for JavaScript v3: create, get, list by pages, tag, and errors by name and by class.
// The test runs it twice: as it stands, and with "@aws-sdk/" replaced by "chimeline/".
import {
  BadRequestException,
  ChimeSDKMediaPipelinesClient,
  ChimeSDKMediaPipelinesServiceException,
  CreateMediaCapturePipelineCommand,
  DeleteMediaCapturePipelineCommand,
  GetMediaCapturePipelineCommand,
  ListMediaCapturePipelinesCommand,
  ListTagsForResourceCommand,
  MediaPipelineSinkType,
  MediaPipelineSourceType,
  NotFoundException,
  paginateListMediaCapturePipelines,
  TagResourceCommand,
} from "@aws-sdk/client-chime-sdk-media-pipelines";
import {
  ChimeSDKMeetings,
  ChimeSDKMeetingsServiceException,
  MediaCapabilities,
  NotFoundException as MeetingNotFoundException,
} from "@aws-sdk/client-chime-sdk-meetings";
import { inspect } from "node:util";

const ids = new Map();

/** Prints a value whole, with ids and times that differ from run to run by their order of appearance. */
function show(label, value) {
  const text = inspect(value, { depth: 10, breakLength: 120, compact: 3 })
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, (id) => ids.get(id) ?? (ids.set(id, `<id ${ids.size}>`), ids.get(id)))
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
    .replace(/(JoinToken: ')[^']*/g, "$1<token>");
  console.log(`${label}: ${text}`);
}

const config = { region: "us-east-1", maxAttempts: 2 };
const meetings = new ChimeSDKMeetings(config);
const client = new ChimeSDKMediaPipelinesClient(config);

const { Meeting, $metadata } = await meetings.createMeeting({ ClientRequestToken: "token-1", MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
show("meeting", Meeting.ExternalMeetingId);
show("status", $metadata.httpStatusCode);
const attendee = await meetings.createAttendee({
  MeetingId: Meeting.MeetingId,
  ExternalUserId: "user-1",
  Capabilities: { Audio: MediaCapabilities.SEND_RECEIVE, Video: MediaCapabilities.RECEIVE, Content: MediaCapabilities.RECEIVE },
});
show("attendee", attendee.Attendee.Capabilities);

const created = await client.send(
  new CreateMediaCapturePipelineCommand({
    SourceType: MediaPipelineSourceType.ChimeSdkMeeting,
    SourceArn: Meeting.MeetingArn,
    SinkType: MediaPipelineSinkType.S3Bucket,
    SinkArn: "arn:aws:s3:::recordings",
    Tags: [{ Key: "team", Value: "a" }],
  }),
);
show("created", created);
const MediaPipelineId = created.MediaCapturePipeline.MediaPipelineId;
show("found", (await client.send(new GetMediaCapturePipelineCommand({ MediaPipelineId }))).MediaCapturePipeline.CreatedTimestamp instanceof Date);

const ResourceARN = created.MediaCapturePipeline.MediaPipelineArn;
await client.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "stage", Value: "test" }] }));
show("tags", (await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags.map(({ Key, Value }) => `${Key}=${Value}`).sort());

for await (const page of paginateListMediaCapturePipelines({ client, pageSize: 1 }, {})) show("page", page.MediaCapturePipelines);
await new Promise((resolve) => {
  client.send(new ListMediaCapturePipelinesCommand({}), (error, data) => resolve(show("callback", [error, data.MediaCapturePipelines.length])));
});

async function failing(label, call, ...classes) {
  try {
    await call();
  } catch (error) {
    show(label, [
      error.name,
      error.message,
      error.$fault,
      error.$metadata.httpStatusCode,
      error.$metadata.attempts,
      error.Code,
      error instanceof Error,
      classes.map((Class) => error instanceof Class),
    ]);
  }
}
const all = [BadRequestException, NotFoundException, ChimeSDKMediaPipelinesServiceException, ChimeSDKMeetingsServiceException];
await failing("not found", () => client.send(new GetMediaCapturePipelineCommand({ MediaPipelineId: "00000000-0000-0000-0000-000000000000" })), ...all);
await failing("bad request", () => client.send(new ListMediaCapturePipelinesCommand({ MaxResults: 1000 })), ...all);
await failing("no meeting", () => meetings.getMeeting({ MeetingId: "00000000-0000-0000-0000-000000000000" }), MeetingNotFoundException, ...all.slice(2));
try {
  await client.send(new ListMediaCapturePipelinesCommand({}), { abortSignal: AbortSignal.abort() });
} catch (error) {
  show("aborted", error.name);
}
show("deleted", await client.send(new DeleteMediaCapturePipelineCommand({ MediaPipelineId })));
await meetings.deleteMeeting({ MeetingId: Meeting.MeetingId });
show("region", await client.config.region());
client.destroy();
meetings.destroy();
