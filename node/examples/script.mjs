// Records a meeting to a bucket: creates the meeting and a capture pipeline of it, follows the pipeline, and deletes both.
import { ChimeSDKMediaPipelines, ChimeSDKMeetings, NotFoundException } from "chimeline";

const meetings = new ChimeSDKMeetings({});
const pipelines = new ChimeSDKMediaPipelines({});
const bucket = process.argv[2] ?? "arn:aws:s3:::recordings";

const { Meeting: meeting } = await meetings.createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
const { MediaCapturePipeline: pipeline } = await pipelines.createMediaCapturePipeline({
  SourceType: "ChimeSdkMeeting",
  SourceArn: meeting.MeetingArn,
  SinkType: "S3Bucket",
  SinkArn: bucket,
});
console.log(`${pipeline.MediaPipelineId} is ${pipeline.Status}`);

for await (const page of pipelines.paginateListMediaCapturePipelines({ MaxResults: 10 })) {
  for (const { MediaPipelineId } of page.MediaCapturePipelines ?? []) console.log(`there is ${MediaPipelineId}`);
}

await pipelines.deleteMediaCapturePipeline({ MediaPipelineId: pipeline.MediaPipelineId });
await meetings.deleteMeeting({ MeetingId: meeting.MeetingId });
try {
  await meetings.getMeeting({ MeetingId: meeting.MeetingId });
} catch (error) {
  if (!(error instanceof NotFoundException)) throw error;
  console.log(`the meeting is gone: ${error.name}`);
}
