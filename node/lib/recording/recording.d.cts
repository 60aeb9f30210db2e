import { StoppedRecording } from "./guard.cjs";
import { Client } from "../client/client.cjs";
import { Attendee, ChimeSDKMeetingsClient, CreateMeetingCommandInput, Meeting } from "../../generated/client-chime-sdk-meetings.cjs";
import {
  ArtifactsConcatenationConfiguration,
  ArtifactsConfiguration,
  CreateMediaCapturePipelineCommandInput,
  MediaCapturePipeline,
  MediaConcatenationPipeline,
  SelectedVideoStreams,
} from "../../generated/client-chime-sdk-media-pipelines.cjs";

export * from "./guard.cjs";
export * from "./preflight.cjs";

/** A client of this package: of the service that is called, or of another in whose place one is made. */
export type AnyClient = Client<any, any>;

/** A meeting: what CreateMeeting gave, its ARN of either form, or its MeetingId. */
export type MeetingLike = string | Meeting | { Meeting?: Meeting | undefined };

/** A pipeline: what a call gave, its ARN, or its MediaPipelineId. */
export type PipelineLike = string | { MediaPipelineId?: string | undefined } | { MediaCapturePipeline?: MediaCapturePipeline | undefined };

/** Tags: a map of texts, or the service's list. */
export type TagsLike = Record<string, string> | { Key: string | undefined; Value: string | undefined }[];

/** Through which client calls are made, and what ends them. */
export interface Through {
  /** Else one with the defaults. */
  client?: AnyClient | undefined;
  abortSignal?: AbortSignal | undefined;
}

/**
 * The live meeting of that name: made, found, or made anew after it ended; the same one for whoever asks.
 * The attendees are external user ids, or objects with `ExternalUserId` and `Capabilities`; each is made once.
 */
export declare function ensureMeeting(
  name: string,
  mediaRegion: string,
  options?: Through & {
    attendees?: (string | object)[] | undefined;
    tags?: TagsLike | undefined;
    /** Other members of CreateMeeting. */
    request?: Partial<CreateMeetingCommandInput> | undefined;
  },
): Promise<{ Meeting: Meeting; Attendees: Attendee[] }>;

/** The attendees of a meeting, without those by which pipelines take part in it. */
export declare function people(meeting: MeetingLike, options?: Through): Promise<Attendee[]>;

/** How a recording is made. */
export interface StartOptions extends Through {
  /** Names out of `audio`, `active-speaker-video`, `composited-video`, `video` and `content`, or the service's configuration. */
  artifacts?: string[] | ArtifactsConfiguration | undefined;
  /** Whose video is taken: attendees and external user ids, 25 at most; else everyone's. */
  streams?: (string | { AttendeeId?: string | undefined })[] | SelectedVideoStreams | undefined;
  tags?: TagsLike | undefined;
  /** Part of the idempotency token; a meeting has one recording at a time, whatever its purpose. */
  purpose?: string | undefined;
  /** Other members of CreateMediaCapturePipeline. */
  request?: Partial<CreateMediaCapturePipelineCommandInput> | undefined;
  /** Asked for the account where the meeting is an id. */
  meetings?: ChimeSDKMeetingsClient | undefined;
}

/**
 * Starts recording a meeting to `s3://BUCKET/PREFIX`, or finds the recording that runs: called again after a lost answer or a
 * crash, it makes none.
 */
export declare function startRecording(meeting: MeetingLike, sink: string, options?: StartOptions): Promise<MediaCapturePipeline>;

/** How a recording is stopped. */
export interface StopOptions extends Through {
  /** `s3://BUCKET/PREFIX` where the files are joined, once, however often this is called. */
  concatenateTo?: string | undefined;
  concatenationArtifacts?: string[] | ArtifactsConcatenationConfiguration | undefined;
  concatenationTags?: TagsLike | undefined;
  /** Seconds to wait for the end, or true for 120. */
  wait?: boolean | number | undefined;
  /** Seconds for which a stop is tried again that meets with throttling, failures of the service or no answer; 60 unless given. */
  retry?: number | undefined;
}

/** Stops a recording, by its meeting or its pipeline; what has stopped already is done, and no error. */
export declare function stopRecording(
  target: MeetingLike | PipelineLike,
  options?: StopOptions,
): Promise<StoppedRecording>;

/** Joins the files of a capture, once, whoever asks for it and however often; also while it runs: the service then waits. */
export declare function concatenate(
  capture: PipelineLike,
  destination: string,
  options?: Through & { artifacts?: string[] | ArtifactsConcatenationConfiguration | undefined; tags?: TagsLike | undefined },
): Promise<MediaConcatenationPipeline>;

/** A file of a recording. */
export interface Artifact {
  Kind: string;
  Key: string;
  Uri: string;
  /** When a capture's file begins: ISO 8601, in UTC. */
  Time?: string | undefined;
  AttendeeId?: string | undefined;
  Size?: number | undefined;
  Url?: string | undefined;
}

/** What lists files and makes links: an S3 of `@aws-sdk/client-s3`, with a function `presign` where links are wanted. */
export interface S3Like {
  listObjectsV2?(input: any): Promise<any>;
  presign?(input: { Bucket: string; Key: string; ExpiresIn: number }): Promise<string> | string;
}

/** The files that a capture or a concatenation writes; with `listed` those that are there, by time and attendee. */
export declare function artifacts(
  pipeline: PipelineLike,
  options?: Through & {
    /** Where a pipeline that the service no longer knows has written. */
    sink?: string | undefined;
    listed?: boolean | undefined;
    /** Seconds for which links work, or true for an hour. */
    presign?: boolean | number | undefined;
    s3?: S3Like | undefined;
  },
): Promise<{ Pipeline: string; Bucket: string; Prefix: string; Folders: { Kind: string; Prefix: string }[]; Artifacts: Artifact[] }>;

/** What an event of EventBridge says, in whatever envelope it came. */
export interface ChimeEvent {
  subject: "pipeline" | "pool" | "meeting";
  /** The event's name without `chime:`, such as `MediaPipelineDeleted`. */
  eventType: string;
  /** The state that it means for a pipeline. */
  status?: "InProgress" | "Paused" | "Stopped" | "Failed" | undefined;
  mediaPipelineId?: string | undefined;
  poolId?: string | undefined;
  meetingId?: string | undefined;
  externalMeetingId?: string | undefined;
  mediaRegion?: string | undefined;
  attendeeId?: string | undefined;
  externalUserId?: string | undefined;
  account?: string | undefined;
  region?: string | undefined;
  time?: Date | undefined;
  /** The same for each delivery of one event. */
  id?: string | undefined;
  detail: Record<string, unknown>;
}

/** The one event in `event`: of EventBridge, or in a message of SNS or SQS, or in what Lambda calls a function with. */
export declare function parseEvent(event: unknown): ChimeEvent;

/** All events in `event`, such as a batch of SQS messages. */
export declare function parseEvents(event: unknown): ChimeEvent[];

/** The event with `kind` and `pipeline`, which the event does not say: its pipeline is looked up; neither for one that is gone. */
export declare function resolveEvent(
  event: unknown,
  options?: Through,
): Promise<ChimeEvent & { kind?: "capture" | "concatenation" | "live-connector" | "stream" | "insights" | undefined; pipeline?: object | undefined }>;

/** Goes through the states of a pipeline as they come, and ends with it. Each of `events` saves a call. */
export declare function follow(
  pipeline: PipelineLike,
  options?: Through & { /** Seconds between two calls; 2 unless given. */ delay?: number | undefined; events?: AsyncIterable<unknown> | undefined },
): AsyncGenerator<{ MediaPipelineId: string; Status: string; Pipeline?: object | undefined }, void>;
