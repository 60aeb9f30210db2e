import { Credentials } from "../options/types.cjs";

/** An event of EventBridge. */
export interface LocalEvent {
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  time: string;
  region: string;
  detail: { eventType: string; timestamp: number; [member: string]: unknown };
  [member: string]: unknown;
}

export type LocalEventHandler = (event: LocalEvent, context: object) => unknown;

/** A rule of faults: which requests it strikes, how often, and what it does. Times are in seconds. */
export interface FaultRule {
  id?: string;
  service?: string;
  operation?: string;
  /** Only requests whose path, query or body contains this text, such as an id. */
  resource?: string;
  probability?: number;
  /** How many requests that fit pass first. */
  skip?: number;
  /** How many requests are struck at most. */
  times?: number;
  /** A wait before the response, or its minimum and maximum. */
  latency?: number | readonly [number, number];
  error?: string | { code: string; status?: number; message?: string };
  /** A refusal of the catalogue, by name. */
  refusal?: string;
  throttle?: true | { above: number };
  html?: number;
  reset?: true | "before" | "inside";
  cut?: true | number;
  stall?: true | number | "before" | "inside";
  clock?: number;
}

/** A rule with its id and how often it struck. */
export type Fault = FaultRule & { id: string; struck: number; remaining?: number };

/** How a local service is started. */
export interface LocalChimeOptions {
  /** The address to listen on; the loopback one unless given. */
  host?: string | undefined;
  /** The port; a free one unless given. */
  port?: number | undefined;
  /** The region of its clients. Requests may be signed for any; each has resources of its own. */
  region?: string | undefined;
  /** The credentials that it knows; others are refused with a 403. */
  credentials?: Credentials | undefined;
  /** The account of these credentials, 12 digits. */
  accountId?: string | undefined;
  /** How many milliseconds a resource stays in a transitional state, such as `Initializing`; 250 by default. */
  pace?: number | undefined;
  /** The same in seconds. */
  transitionDelaySeconds?: number | undefined;
  /**
   * Whether pipelines may name meetings that this server never had: `"allow"`, the default, for tests that fake meetings, or `"refuse"`,
   * as the service does. A meeting that has ended is refused in any case.
   */
  unknownMeetings?: "allow" | "refuse" | undefined;
  /** The same as true or false. */
  allowUnknownMeetings?: boolean | undefined;
  /** After how long a meeting ends that nobody joined; 300 by default. */
  unjoinedMeetingTimeoutSeconds?: number | "never" | undefined;
  /** How long after its last attendee left a meeting ends; 300 by default. */
  emptyMeetingTimeoutSeconds?: number | "never" | undefined;
  /** How long after its creation a meeting ends at the latest; 86400 by default. */
  maxMeetingDurationSeconds?: number | "never" | undefined;
  /** Whether a pipeline's attendee keeps a meeting from ending by itself. */
  recorderKeepsMeeting?: boolean | undefined;
  /** How long a pipeline that ended by itself can be read. */
  stoppedRetentionSeconds?: number | "never" | undefined;
  /** How long the token of an ended pipeline is remembered. */
  tokenRetentionSeconds?: number | "never" | undefined;
  /** What such a token returns: the ended pipeline, a new one or an error. */
  tokenReuse?: "replay" | "create" | "refuse" | undefined;
  /** Whether requests must be signed; true by default. */
  auth?: boolean | undefined;
  /** A TOML or JSON file with rules of faults. */
  faults?: string | undefined;
  /** The file that keeps the state. */
  state?: string | undefined;
  /** An exported state to start with. */
  seed?: string | undefined;
  /** A file that events are appended to, as JSON lines. */
  eventsFile?: string | undefined;
  /** An `http://` URL that events are posted to. */
  eventsWebhook?: string | undefined;
  /** A folder that captures and concatenations write files to, one folder a bucket. */
  artifacts?: string | undefined;
  /** The `http://` URL of an S3 endpoint that they write objects to, such as that of MinIO. */
  artifactsEndpoint?: string | undefined;
  /** The credentials for that endpoint; those that the service knows unless given. */
  artifactsAccessKeyId?: string | undefined;
  artifactsSecretAccessKey?: string | undefined;
  /** The PEM file of certificates that webhooks and S3 endpoints over https are trusted by; `AWS_CA_BUNDLE`, or what the platform trusts, unless given. */
  caBundle?: string | undefined;
  /** A function that gets each event. */
  onEvent?: LocalEventHandler | undefined;
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
  /** What is to be said at the start, such as that the state file was damaged and where it is kept. */
  readonly notice: string | undefined;
  /** What points a client to it. */
  readonly clientOptions: { region: string; endpoint: string; credentials: Credentials };
  /** The environment variables that point any AWS SDK of another process to it. */
  readonly environment: Record<string, string>;
  /** Moves the clock of resources ahead, so that a test sees their next states without waiting. */
  advance(by: number | { seconds: number }): void;
  /** A request of the control API, which `GET /openapi.json` describes; `target` is the path below `/_local` with its query. */
  control(method: string, target: string, body?: unknown): any;
  /** Whether the service runs, its version, its real time and its clock. */
  health(): { status: string; version: string; time: string; clock: string };
  /** The OpenAPI document of the control API. */
  openapi(): Record<string, any>;
  /** Forgets all resources, faults, recorded requests and events, and sets the clock right. */
  reset(): void;
  /** The time that resources see. */
  clock(): Date;
  /** Stops the clock of resources: it moves only by `advance` and `setClock`. */
  freeze(): void;
  /** Lets a frozen clock run on. */
  resume(): void;
  /** Sets the clock of resources. */
  setClock(time: Date): void;
  /** The recorded requests, newest first. */
  requests(filters?: { service?: string; operation?: string; status?: number | string; limit?: number | string }): Array<Record<string, any>>;
  /** Forgets the recorded requests. */
  clearRequests(): void;
  /** Adds a rule of faults, such as `{ operation: "CreateMeeting", refusal: "throttled", times: 2 }`. */
  addFault(rule: FaultRule): Fault;
  /** Adds rules of faults, all or, where one is not valid, none. */
  addFaults(rules: readonly FaultRule[]): Fault[];
  /** The rules of faults, each with how often it struck. */
  faults(): Fault[];
  /** Removes a rule of faults. */
  removeFault(id: string): void;
  /** Removes all rules of faults. */
  clearFaults(): void;
  /** The catalogue of refusals that rules name. */
  refusals(): Array<{ name: string; code: string; status: number; message: string; cure: string }>;
  /** The meetings, their attendees with who is connected, and their pipelines. */
  meetings(): Array<Record<string, any>>;
  /** An attendee, by id or external user id, joins a meeting; all of them without `attendee`. Returns how many. */
  join(meetingId: string, attendee?: string): number;
  /** An attendee leaves a meeting, or loses the connection; all of them without `attendee`. Returns how many. */
  leave(meetingId: string, attendee?: string, options?: { dropped?: boolean }): number;
  /** Ends a meeting as its own end would. */
  endMeeting(meetingId: string): void;
  /** Puts a pipeline or pool into a state, such as `Failed`. */
  forceState(pipelineId: string, status: string, reason?: string): void;
  /** The events that EventBridge would have got, in their order. */
  events(): LocalEvent[];
  /** Has each event that comes from now on handed to a function, one after another, as EventBridge hands it to a Lambda function. */
  onEvent(handler: LocalEventHandler): void;
  /** Waits until the handlers have had every event so far, and throws what the first that failed threw. */
  flushEvents(): Promise<void>;
  /** Waits until the artifacts that are due are written; tells how many were, failed, and are still waiting. */
  flushArtifacts(options?: { timeoutSeconds?: number }): { written: number; failed: number; waiting: number; error: string | null };
  /** The whole state, for `importState`. */
  exportState(): Record<string, any>;
  /** Replaces the whole state. */
  importState(state: Record<string, any>): void;
  /** Replaces the whole state, unless there are resources already. Returns whether it did. */
  seedState(state: Record<string, any>): boolean;
  /** Answers the next requests with an error in place of what they ask for. */
  failNext(times?: number, error?: { status?: number; code?: string }): void;
  /** Stops it and closes its connections. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

type Hook = (run: () => unknown) => unknown;

/** The hooks of a test runner: the modules `node:test`, `vitest` and `@jest/globals` have them. */
export interface TestRunner {
  before?: Hook;
  beforeAll?: Hook;
  after?: Hook;
  afterAll?: Hook;
  beforeEach: Hook;
}

/**
 * A service for the tests of a file: started before the first, as new before each, stopped after the last.
 *
 * ```js
 * import * as runner from "node:test"; // or "vitest"
 * const chime = useLocalChime(runner, { transitionDelaySeconds: 1 });
 *
 * runner.test("a meeting is made", async () => {
 *   await new ChimeSDKMeetings(chime.local.clientOptions).createMeeting({ ... });
 * });
 * ```
 */
export declare function useLocalChime(runner: TestRunner, options?: LocalChimeOptions): { readonly local: LocalChime };
