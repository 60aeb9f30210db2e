/** How often and how long to ask; times are in seconds, as in the AWS SDK. */
export interface WaiterConfiguration<C> {
  client: C;
  /** The longest that the wait may be. */
  maxWaitTime: number;
  /** The least delay between two calls; else the waiter's own. */
  minDelay?: number | undefined;
  /** The greatest delay between two calls; 120 unless given. */
  maxDelay?: number | undefined;
  /** Ends the wait. */
  abortSignal?: AbortSignal | undefined;
  /** Ends the wait. */
  abortController?: AbortController | undefined;
}

/** What came of a wait. */
export interface WaiterResult {
  state: "ABORTED" | "FAILURE" | "SUCCESS" | "RETRY" | "TIMEOUT";
  /** The output or the error that ended the wait. */
  reason?: any;
  /** The same. */
  final?: any;
  /** How often each kind of answer came. */
  observedResponses?: Record<string, number>;
}

/** Asks until it is as the function's name says. */
export type WaitFor<C, Input> = (params: WaiterConfiguration<C>, input: Input) => Promise<WaiterResult>;
