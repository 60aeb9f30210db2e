// Vitest with the local service: real calls over a real connection, no account and no mocks.
import { ChimeSDKMediaPipelines, ChimeSDKMeetings, ServiceUnavailableException } from "chimeline";
import { LocalChime } from "chimeline/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { record, stop } from "./recordings.mjs";

const bucket = "arn:aws:s3:::recordings";
let chime, pipelines, meetingArn;

beforeAll(async () => {
  chime = await LocalChime.start();
  pipelines = new ChimeSDKMediaPipelines({ ...chime.clientOptions, maxAttempts: 2 });
  const meetings = new ChimeSDKMeetings(chime.clientOptions);
  const { Meeting } = await meetings.createMeeting({ MediaRegion: "us-east-1", ExternalMeetingId: "standup" });
  meetingArn = Meeting.MeetingArn;
});
afterAll(() => chime.stop());

test("a recording is started and stopped once", async () => {
  const id = await record(pipelines, meetingArn, bucket);
  expect(await stop(pipelines, id)).toBe(true);
  // It takes a while to stop, which a test does not wait for.
  chime.advance(60_000);
  expect(await stop(pipelines, id)).toBe(false);
});

test("a service that is down for a moment goes unnoticed", async () => {
  chime.failNext(1);
  expect(await record(pipelines, meetingArn, bucket)).toMatch(/^[0-9a-f-]{36}$/);
});

test("a service that stays down is told of", async () => {
  chime.failNext(2);
  await expect(record(pipelines, meetingArn, bucket)).rejects.toThrow(ServiceUnavailableException);
});
