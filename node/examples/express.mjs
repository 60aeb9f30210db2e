// POST /meetings/standup/attendees {"user": "alice"} gives what a browser needs to join: the meeting and an attendee.
import { ChimeSDKMeetings, ServiceException } from "chimeline";
import express from "express";

// One client for the whole process: it keeps its connections.
const meetings = new ChimeSDKMeetings({});
const app = express();
app.use(express.json());

app.post("/meetings/:name/attendees", async (request, response) => {
  // Whoever closes the page waits for nothing any more.
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const options = { abortSignal: gone.signal, timeout: 5_000 };
  // The token makes it the same meeting for everybody who joins by this name.
  const { Meeting } = await meetings.createMeeting(
    { ClientRequestToken: `meeting-${request.params.name}`, MediaRegion: "us-east-1", ExternalMeetingId: request.params.name },
    options,
  );
  const { Attendee } = await meetings.createAttendee({ MeetingId: Meeting.MeetingId, ExternalUserId: request.body.user }, options);
  response.status(201).json({ Meeting, Attendee });
});

// Express takes a function of four parameters for what handles errors.
app.use((error, _request, response, next) => {
  if (response.headersSent) return next(error);
  if (error.name === "ParamValidationError") return response.status(400).json({ message: error.message });
  if (error instanceof ServiceException) return response.status(502).json({ code: error.name, requestId: error.$metadata.requestId });
  return next(error);
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
