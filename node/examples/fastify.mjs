// POST /meetings/standup/attendees {"user": "alice"} gives what a browser needs to join: the meeting and an attendee.
import { ChimeSDKMeetings, ServiceException } from "chimeline";
import Fastify from "fastify";

const app = Fastify();
const meetings = new ChimeSDKMeetings({ maxAttempts: 5, timeout: 5_000 });
app.decorate("meetings", meetings);
app.addHook("onClose", async () => meetings.destroy());

const body = { type: "object", required: ["user"], properties: { user: { type: "string", minLength: 2, maxLength: 64 } } };

app.post("/meetings/:name/attendees", { schema: { body } }, async (request, reply) => {
  const { name } = request.params;
  const { Meeting } = await app.meetings.createMeeting({ ClientRequestToken: `meeting-${name}`, MediaRegion: "us-east-1", ExternalMeetingId: name });
  const { Attendee } = await app.meetings.createAttendee({ MeetingId: Meeting.MeetingId, ExternalUserId: request.body.user });
  return reply.code(201).send({ Meeting, Attendee });
});

app.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof ServiceException)) return reply.send(error);
  // What the service says of the caller is the caller's to know; what it says of itself is a bad gateway.
  const status = error.$fault === "client" ? error.$metadata.httpStatusCode : 502;
  return reply.code(status).send({ code: error.name, message: error.message, attempts: error.$metadata.attempts });
});

console.log(await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" }));
