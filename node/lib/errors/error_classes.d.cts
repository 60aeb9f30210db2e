import { Attempt, Fault, ResponseMetadata } from "../options/types.cjs";

/** The base class of every error of this package. */
export declare class ChimelineError extends Error {
  /** The operation, such as `CreateMediaCapturePipeline`, if there was one. */
  operation: string | undefined;
  /** The host that was called. */
  host: string | undefined;
  /** How to fix it, where the message is a known one. */
  hint: string | undefined;
  /** What became of each attempt that was made. */
  attempts: Attempt[];
}

/** What a ServiceException is made of. */
export type ServiceExceptionOptions<E> = Partial<Omit<E, keyof Error | keyof ChimelineError>> & {
  message?: string | undefined;
  name?: string | undefined;
  cause?: unknown;
};

/** The service returned an error. `name` is the error code as it was sent. */
export declare class ServiceException extends ChimelineError implements ResponseMetadata {
  /** Whose fault it is. */
  readonly $fault: "client" | "server";
  readonly $metadata: ResponseMetadata["$metadata"];
  /** The name of the service that returned it, such as `chime-sdk-meetings`. */
  readonly $service?: string | undefined;
  /** The status and the headers of the response. */
  readonly $response?: { statusCode: number; headers: Record<string, string> } | undefined;
  constructor(options: ServiceExceptionOptions<ServiceException>);
  static isInstance(value: unknown): value is ServiceException;
}

/** The input is not valid; nothing was sent. The message lists every violation. */
export declare class ParamValidationError extends ChimelineError {
  readonly name: "ParamValidationError";
  /** The violations, for programs. */
  errors: Fault[];
}

/** The call was aborted by its `abortSignal`; `cause` is the signal's reason. */
export declare class AbortError extends ChimelineError {
  readonly name: "AbortError";
  /** How many attempts were made, and how long the call waited between them. */
  readonly $metadata: ResponseMetadata["$metadata"];
  /** @internal */
  constructor(reason?: unknown, operation?: { name: string }, made?: { attempts?: Attempt[]; $metadata?: ResponseMetadata["$metadata"] });
}
