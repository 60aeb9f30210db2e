import { Client } from "../client/client.cjs";

/** What came of one input. */
export interface BulkResult<Input = any, Output = any> {
  /** The place of the input among the inputs, from 0 on. */
  readonly index: number;
  /** The input as it was given. */
  readonly input: Input;
  /** What the call gave; undefined where it failed. */
  readonly output?: Output | undefined;
  /** Why it failed; undefined where it succeeded. */
  readonly error?: Error | undefined;
  /** Whether an earlier run made the call, by the journal. */
  readonly resumed: boolean;
}

/** How a run is made. */
export interface BulkOptions {
  /** The calls under way at once; 10 by default. */
  concurrency?: number | undefined;
  /** The most calls that begin in a second; no limit by default. */
  rate?: number | undefined;
  /**
   * A file in which outcomes are kept, so that a run which was cut off goes on: what is done is not done again, and comes as a result
   * from the file. It has the results as they are, join tokens of attendees included.
   */
  journal?: string | URL | undefined;
  /** Called with the number of items that are done, and that of all where it is known. */
  progress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Ends the run with an AbortError; calls under way are aborted. */
  abortSignal?: AbortSignal | undefined;
}

/** A run: its results as they come. Leaving the loop ends it; calls under way are aborted. */
export declare class BulkRun<Input = any, Output = any> implements AsyncIterable<BulkResult<Input, Output>> {
  private constructor();
  /** The results so far that are failures. */
  readonly failures: BulkResult<Input, Output>[];
  [Symbol.asyncIterator](): AsyncGenerator<BulkResult<Input, Output>, void, undefined>;
}

/** The class of an operation's commands. */
type CommandClass<Input, Output> = new (input: Input) => { readonly __types?: [Input, Output] } & object;

/**
 * Makes the call of an operation for each input, which is taken when its turn comes. The operation is the class of its commands, its
 * name, or that of its method. An input without an idempotency token gets one that follows from the input, so that the same inputs,
 * given again, make nothing twice; of equal inputs each is an item of its own.
 *
 * A failed call is a result. What cannot be right is refused before any call, among it a journal of another account, operation or
 * Region.
 */
export declare function run<Input = any, Output = any>(
  client: Client<any, any>,
  operation: string | CommandClass<Input, Output>,
  inputs: Iterable<Input> | AsyncIterable<Input>,
  options?: BulkOptions,
): BulkRun<Input, Output>;
