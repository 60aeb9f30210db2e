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

/** An option, an environment variable or a setting of the profile is not understood. */
export declare class InvalidConfigError extends ChimelineError {
  readonly name: "InvalidConfigError";
}

/** There is no such retry mode. */
export declare class InvalidRetryModeError extends ChimelineError {
  readonly name: "InvalidRetryModeError";
}

/** Profiles name each other as the source of their credentials. */
export declare class InfiniteLoopConfigError extends ChimelineError {
  readonly name: "InfiniteLoopConfigError";
}

/** A shared config file cannot be parsed; the message has its path and the line. */
export declare class ConfigParseError extends ChimelineError {
  readonly name: "ConfigParseError";
}

/** There is no service of that name. */
export declare class UnknownServiceError extends ChimelineError {
  readonly name: "UnknownServiceError";
}

/** The shared config files have no such profile. */
export declare class ProfileNotFound extends ChimelineError {
  readonly name: "ProfileNotFound";
}

/** No region is known. */
export declare class NoRegionError extends ChimelineError {
  readonly name: "NoRegionError";
}

/** The region cannot be one. */
export declare class InvalidRegionError extends ChimelineError {
  readonly name: "InvalidRegionError";
}

/** The endpoint is no URL that requests can go to. */
export declare class InvalidEndpointError extends ChimelineError {
  readonly name: "InvalidEndpointError";
}

/** The partition has no FIPS or dual-stack endpoint of that kind. */
export declare class EndpointVariantError extends ChimelineError {
  readonly name: "EndpointVariantError";
}

/** No provider had credentials; the message lists them. */
export declare class NoCredentialsError extends ChimelineError {
  readonly name: "NoCredentialsError";
}

/** Only a part of the credentials was given. */
export declare class PartialCredentialsError extends ChimelineError {
  readonly name: "PartialCredentialsError";
}

/** A credentials provider failed. */
export declare class CredentialRetrievalError extends ChimelineError {
  readonly name: "CredentialRetrievalError";
}

/** The base of what keeps a connection from standing. */
export declare class ConnectionError extends ChimelineError {}

/** No connection to the host. */
export declare class EndpointConnectionError extends ConnectionError {
  readonly name: "EndpointConnectionError";
}

/** No connection within `connectionTimeout`. */
export declare class ConnectTimeoutError extends ConnectionError {
  readonly name: "ConnectTimeoutError";
}

/** The TLS handshake failed, such as for a certificate that is not trusted. */
export declare class SSLError extends ConnectionError {
  readonly name: "SSLError";
}

/** The proxy refused, or could not be reached. */
export declare class ProxyConnectionError extends ConnectionError {
  readonly name: "ProxyConnectionError";
}

/** The base of what goes wrong between the client and the service. */
export declare class HTTPClientError extends ChimelineError {}

/** The connection ended before the answer did. */
export declare class ConnectionClosedError extends HTTPClientError {
  readonly name: "ConnectionClosedError";
}

/** No answer within `requestTimeout`, or not a byte within `socketTimeout`. */
export declare class ReadTimeoutError extends HTTPClientError {
  readonly name: "ReadTimeoutError";
}

/** The call did not end within `timeout`. */
export declare class CallTimeoutError extends HTTPClientError {
  readonly name: "CallTimeoutError";
}

/** The call was given up before its end. */
export declare class CallCancelledError extends HTTPClientError {
  readonly name: "CallCancelledError";
}

/** The answer is not what the service sends: HTML, a text that is cut off, or longer than allowed. */
export declare class ResponseError extends HTTPClientError {
  readonly name: "ResponseError";
}
