import { MiddlewareStack } from "../middleware/types.cjs";
import { Callback, CallOptions, PaginationConfig, ResolvedConfig } from "../options/types.cjs";

/** A call that was not made yet: an operation and its input. */
export declare class Command<Input extends object, Output extends object> {
  readonly input: Input;
  /** The middleware of this call, behind that of its client. */
  readonly middlewareStack: MiddlewareStack;
  /** Only the type, for `send`. */
  protected readonly output?: Output;
  constructor(input: Input);
}

/** A client of one service. */
export declare class Client<Inputs extends object, Outputs extends object> {
  /** What the client was made with, and what that comes to. */
  readonly config: ResolvedConfig;
  /** The middleware that all calls go through. */
  readonly middlewareStack: MiddlewareStack;
  /** Makes the call of a command. */
  send<Input extends Inputs, Output extends Outputs>(command: Command<Input, Output>, options?: CallOptions): Promise<Output>;
  send<Input extends Inputs, Output extends Outputs>(command: Command<Input, Output>, callback: Callback<Output>): void;
  send<Input extends Inputs, Output extends Outputs>(
    command: Command<Input, Output>,
    options: CallOptions,
    callback: Callback<Output>,
  ): void;
  /** Closes the connections that no call uses. */
  destroy(): void;
  /** The same, for `using` and `await using`. */
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a client was made with. */
export declare function optionsOf(client: object): object | undefined;

/** What a URL of another service of AWS gives, signed with the credentials of a client. */
export declare function getSigned(client: object, target: { service: string; region: string; url: string }): Promise<{ status: number; body: string }>;

/** Goes through the pages of an operation. */
export type Paginate<C, Input, Output> = (
  config: PaginationConfig<C>,
  input: Input,
  options?: CallOptions,
) => AsyncGenerator<Output, undefined>;
