// What each bundler makes one file of: a client by each import, the local service, an input that is not plain, an error.
import { ChimeSDKMeetings, ParamValidationError } from "chimeline";
import { ChimeSDKMeetingsClient, GetMeetingCommand, NotFoundException } from "chimeline/client-chime-sdk-meetings";
import { LocalChime } from "chimeline/testing";

async function main() {
  const local = await LocalChime.start();
  const meetings = new ChimeSDKMeetings(local.clientOptions);
  const { Meeting } = await meetings.createMeeting({ ClientRequestToken: "a-token", MediaRegion: "us-east-1", ExternalMeetingId: "bundled" });
  console.log(Meeting.ExternalMeetingId);
  const wrong = await meetings.createMeeting({ MediaRegion: new Map(), ExternalMeetingId: "bundled" }).catch((error) => error);
  console.log(wrong.name, wrong instanceof ParamValidationError, wrong.message.includes("MediaRegion"));
  const client = new ChimeSDKMeetingsClient({ ...local.clientOptions, requestHandler: { httpsAgent: { maxSockets: 5 } } });
  const none = await client.send(new GetMeetingCommand({ MeetingId: "0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c" })).catch((error) => error);
  console.log(none.name, none instanceof NotFoundException);
  await local.stop();
}

main();
