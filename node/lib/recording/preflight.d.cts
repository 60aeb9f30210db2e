import { MeetingLike, Through } from "./recording.cjs";

/** One thing that has to be so. */
export interface Check {
  check: string;
  verdict: "passed" | "failed" | "cannot tell";
  /** The actions by which it was looked at, which the caller needs for that. */
  asked: string;
  detail: string;
  cure: string;
  /** The policy or the command of the cure, where there is one. */
  paste?: any;
}

/** Where it is looked. */
export interface PreflightOptions extends Through {
  /** The meeting, where there is one already. */
  meeting?: MeetingLike | undefined;
  /** `s3://BUCKET/PREFIX` of the concatenation. */
  concatenateTo?: string | undefined;
  /** The Region of the meeting's media, where there is no meeting yet. */
  mediaRegion?: string | undefined;
  /** URLs in place of AWS's own; else those of `AWS_ENDPOINT_URL_S3` and the like. */
  endpoints?: { s3?: string; sts?: string; iam?: string } | undefined;
}

/**
 * Looks whether a meeting can be recorded to `s3://BUCKET/PREFIX`, before anything is created; every request is a read. `ready` is
 * undefined where something cannot be told.
 */
export declare function preflight(sink?: string, options?: PreflightOptions): Promise<{ ready?: boolean | undefined; checks: Check[] }>;

/** For whom policies are. */
export interface PolicyOptions {
  /** The account, 12 digits. */
  account: string;
  /** `capture` unless given. */
  purpose?: "capture" | "concatenation" | "live-connector" | undefined;
  /** For the namespace chime. */
  legacy?: boolean | undefined;
  /** Region, topic and queue of the notifications of meetings. */
  region?: string | undefined;
  topic?: string | undefined;
  queue?: string | undefined;
}

/** A policy of IAM, of a bucket, a key, a topic or a queue. */
export interface PolicyDocument {
  Version: string;
  Statement: Record<string, any>[];
}

/** The policies that recordings need, to paste, as far as they apply; nothing is asked for. */
export declare function policies(
  bucket: string | undefined,
  options: PolicyOptions,
): { bucket?: PolicyDocument; key?: PolicyDocument; caller?: PolicyDocument; sns?: PolicyDocument; sqs?: PolicyDocument; role_command?: string };
