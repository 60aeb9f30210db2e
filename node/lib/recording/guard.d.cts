import { MediaConcatenationPipeline, MediaCapturePipeline } from "../../generated/client-chime-sdk-media-pipelines.cjs";
import { MeetingLike, StartOptions, TagsLike, Through } from "./recording.cjs";

/** How a recording is guarded. */
export interface RecordOptions extends StartOptions {
  /** `s3://BUCKET/PREFIX` where the files are joined after the stop. */
  concatenateTo?: string | undefined;
  /** Seconds after which it is stopped, though its body goes on. */
  maxDuration?: number | undefined;
  /** A file by which `reap` finds the recording if the process is killed. */
  journal?: string | URL | undefined;
  /** The signals that stop it before they end the process: names, or true for SIGINT and SIGTERM. None by itself. */
  signals?: boolean | NodeJS.Signals[] | undefined;
}

/** A recording in one scope. */
export interface Recording {
  /** The pipeline that records. */
  readonly pipeline: MediaCapturePipeline;
  readonly pipelineId: string;
  /** What the stop gave, once it is confirmed. */
  readonly stopped: StoppedRecording | undefined;
  /** Aborts when the recording is over: by its longest duration, the caller's signal or one of the process. */
  readonly signal: AbortSignal;
  /** Stops it, once. */
  stop(): Promise<StoppedRecording>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What was stopped, now or before, and what joins it. */
export interface StoppedRecording {
  MediaPipelineIds: string[];
  MediaConcatenationPipelines: MediaConcatenationPipeline[];
}

/**
 * Guards a recording: starts it and waits until the service records. With a function it runs while that does, and the promise is
 * that of the function's result; without one it runs until it is disposed of: `await using recording = await record(...)`. An
 * error, an abort, the longest duration and the end of the process stop it too. The function's error is the one that is thrown;
 * an error of the stop is its `stopError`.
 */
export declare function record<T>(meeting: MeetingLike, sink: string, body: (recording: Recording) => Promise<T> | T): Promise<T>;
export declare function record<T>(
  meeting: MeetingLike,
  sink: string,
  options: RecordOptions,
  body: (recording: Recording) => Promise<T> | T,
): Promise<T>;
export declare function record<T>(
  options: RecordOptions & { meeting: MeetingLike; sink: string },
  body: (recording: Recording) => Promise<T> | T,
): Promise<T>;
export declare function record(meeting: MeetingLike, sink: string, options?: RecordOptions): Promise<Recording>;
export declare function record(options: RecordOptions & { meeting: MeetingLike; sink: string }): Promise<Recording>;

/** Which recordings were left. */
export interface ReapOptions extends Through {
  /** The file that `record` was given; what a living process guards is left to it. */
  journal?: string | URL | undefined;
  /** Without a journal: the captures of the account and Region with these tags, */
  tags?: TagsLike | undefined;
  /** and that were made that many seconds ago or before. */
  olderThan?: number | undefined;
  /** Only says what would be stopped. */
  dryRun?: boolean | undefined;
  /** Seconds for which a stop is tried again that meets with throttling, failures of the service or no answer; 60 unless given. */
  retry?: number | undefined;
  /** URLs in place of AWS's own; `sts` is asked for the account where the service does not tell it. */
  endpoints?: { s3?: string; sts?: string; iam?: string } | undefined;
}

/** A recording that may go on. */
export interface LeftRecording {
  MediaPipelineId?: string | undefined;
  MeetingId?: string | undefined;
  Region?: string | undefined;
  /** Why it was not stopped. */
  Reason?: string | undefined;
}

/** What became of recordings that killed processes left. */
export interface Reaped extends StoppedRecording {
  /** What living processes guard. */
  Guarded: LeftRecording[];
  /** What could not be stopped. */
  Left: LeftRecording[];
  /** Which line of the journal cannot be read, and why. */
  Damage?: string | undefined;
}

/**
 * Stops recordings that killed processes left: those that the journal of their guards names, or by tags and age. A damaged journal
 * is read up to the damage; one of another account is refused.
 */
export declare function reap(options: ReapOptions): Promise<Reaped>;
