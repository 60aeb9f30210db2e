// A module of an application: what recordings.test.mjs tests.
import { NotFoundException } from "chimeline";

/** Starts to record a meeting; gives the pipeline's id. */
export async function record(pipelines, meetingArn, bucketArn) {
  const { MediaCapturePipeline } = await pipelines.createMediaCapturePipeline({
    SourceType: "ChimeSdkMeeting",
    SourceArn: meetingArn,
    SinkType: "S3Bucket",
    SinkArn: bucketArn,
  });
  return MediaCapturePipeline.MediaPipelineId;
}

/** Ends a recording; one that has ended is no error. */
export async function stop(pipelines, id) {
  try {
    await pipelines.deleteMediaCapturePipeline({ MediaPipelineId: id });
    return true;
  } catch (error) {
    if (error instanceof NotFoundException) return false;
    throw error;
  }
}
