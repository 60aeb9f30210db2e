import { Attempt, Fault, ResponseMetadata } from "../options/types.cjs";

/** The base class of every error of this package. */
export declare class ChimelineError extends Error {
  /** The operation, such as `CreateMediaCapturePipeline`, if there was one. */
  operation: string | undefined;
  /** The host that was called. */
  host: string | undefined;
  /** How to fix it, where that is known. Logs and stacks show it, JSON and copies of the error have it. */
  hint: string | undefined;
  /** Of a failed connection the code that Node has for it, such as `ECONNREFUSED`; of an error of a service its `name`. */
  code?: string | undefined;
  /** How many attempts were made, and what a service answered besides. */
  readonly $metadata?: ResponseMetadata["$metadata"] | undefined;
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
  readonly code: string;
  /** Whose fault it is. */
  readonly $fault: "client" | "server";
  readonly $metadata: ResponseMetadata["$metadata"];
  /** As in the AWS SDK, whose services model no error as retryable either. */
  readonly $retryable?: undefined;
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
