// POST /api/meetings {"name": "standup", "users": ["alice", "bob"]} makes a meeting and its attendees in one call.
import { ChimeSDKMeetingsClient, CreateMeetingWithAttendeesCommand } from "chimeline/client-chime-sdk-meetings";

// The module runs in Node.js, not at the edge.
export const runtime = "nodejs";

const meetings = new ChimeSDKMeetingsClient({});

export async function POST(request) {
  const { name, users } = await request.json();
  try {
    const { Meeting, Attendees } = await meetings.send(
      new CreateMeetingWithAttendeesCommand({
        MediaRegion: "us-east-1",
        ExternalMeetingId: name,
        Attendees: users.map((user) => ({ ExternalUserId: user })),
      }),
      { abortSignal: request.signal },
    );
    return Response.json({ Meeting, Attendees }, { status: 201 });
  } catch (error) {
    if (error.name === "ParamValidationError") return Response.json({ message: error.message }, { status: 400 });
    throw error;
  }
}
