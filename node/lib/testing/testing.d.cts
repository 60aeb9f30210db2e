import { Credentials } from "../options/types.cjs";

/** How a local service is started; times are in milliseconds. */
export interface LocalChimeOptions {
  /** The address to listen on; the loopback one unless given. */
  host?: string | undefined;
  /** The port; a free one unless given. */
  port?: number | undefined;
  /** The region of its clients. Requests may be signed for any; each has resources of its own. */
  region?: string | undefined;
  /** The keys that it knows; others are refused with a 403. */
  credentials?: Credentials | undefined;
  /** The account that owns everything, 12 digits. */
  accountId?: string | undefined;
  /** How long a pipeline stays in a passing state, such as `Initializing`; 250 by default. */
  pace?: number | undefined;
  /** How many pipelines may be active at once; else the quotas that AWS documents. */
  pipelineQuota?: number | undefined;
}

/**
 * A local Chime service for tests: a real server on the loopback, without an account. It does not keep the process alive.
 *
 * ```js
 * const local = await LocalChime.start();
 * const client = new ChimeSDKMediaPipelines(local.clientOptions);
 * await client.listMediaCapturePipelines();
 * await local.stop();
 * ```
 */
export declare class LocalChime implements AsyncDisposable {
  private constructor();
  /** Starts a service. */
  static start(options?: LocalChimeOptions): Promise<LocalChime>;
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** What points a client to it. */
  readonly clientOptions: { region: string; endpoint: string; credentials: Credentials };
  /** The environment variables that point any AWS SDK of another process to it. */
  readonly environment: Record<string, string>;
  /** Moves the clock of resources ahead, so that a test sees their next states without waiting. */
  advance(milliseconds: number): void;
  /** Answers the next requests with an error in place of what they ask for. */
  failNext(times?: number, error?: { status?: number; code?: string }): void;
  /** Stops it and closes its connections. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
