import { Attempt, Fault, ResponseMetadata } from "./types.cjs";

/** The base of every error of this package. */
export declare class ChimelineError extends Error {
  /** The operation, such as `CreateMediaCapturePipeline`, if there was one. */
  operation: string | undefined;
  /** The host that was called. */
  host: string | undefined;
  /** What cures it, where the service's text is one whose cure is known. */
  hint: string | undefined;
  /** The ledger: a line for each attempt that was made. */
  attempts: Attempt[];
}

/** What a ServiceException is made of. */
export type ServiceExceptionOptions<E> = Partial<Omit<E, keyof Error | keyof ChimelineError>> & {
  message?: string | undefined;
  name?: string | undefined;
  cause?: unknown;
};

/** An error that a service answered. `name` is the error code as it was sent. */
export declare class ServiceException extends ChimelineError implements ResponseMetadata {
  /** Whose fault it is. */
  readonly $fault: "client" | "server";
  readonly $metadata: ResponseMetadata["$metadata"];
  /** The name of the service that answered it, such as `chime-sdk-meetings`. */
  readonly $service?: string | undefined;
  /** The status and the headers of the answer. */
  readonly $response?: { statusCode: number; headers: Record<string, string> } | undefined;
  constructor(options: ServiceExceptionOptions<ServiceException>);
  static isInstance(value: unknown): value is ServiceException;
}

/** The input is wrong, and nothing was sent. The message lists all faults. */
export declare class ParamValidationError extends ChimelineError {
  readonly name: "ParamValidationError";
  /** The faults, for programs. */
  errors: Fault[];
}

/** The call was aborted by its `abortSignal`; `cause` is the signal's reason. */
export declare class AbortError extends ChimelineError {
  readonly name: "AbortError";
}
