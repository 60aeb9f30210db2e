// A Lambda function behind an EventBridge rule for `aws.chime`: records each meeting that starts. Build its package on or for Linux, so
// that npm installs the native module of the function's platform: `npm install --os=linux --cpu=arm64 --libc=glibc chimeline`.
import { ChimeSDKMediaPipelinesClient, CreateMediaCapturePipelineCommand } from "chimeline/client-chime-sdk-media-pipelines";

// Outside of the handler: connections and credentials serve all invocations of this instance.
const pipelines = new ChimeSDKMediaPipelinesClient({});

export async function handler(event, context) {
  const { eventType, meetingId } = event.detail;
  if (eventType !== "chime:MeetingStarted") return { recorded: false };
  const command = new CreateMediaCapturePipelineCommand({
    SourceType: "ChimeSdkMeeting",
    SourceArn: `arn:aws:chime:${event.region}:${event.account}:meeting/${meetingId}`,
    SinkType: "S3Bucket",
    SinkArn: process.env.BUCKET_ARN,
    // An event may come twice: the same token gives the same pipeline.
    ClientRequestToken: event.id,
  });
  // A second is left to tell of a failure, before Lambda ends the invocation.
  const timeout = Math.max(context.getRemainingTimeInMillis() - 1_000, 1);
  const { MediaCapturePipeline } = await pipelines.send(command, { timeout });
  return { recorded: true, pipeline: MediaCapturePipeline.MediaPipelineId };
}
