import type { ClientConfig, HandlerOptions, Settings } from "../../generated/client_config.cjs";
export type { ClientConfig, HandlerOptions, Settings } from "../../generated/client_config.cjs";

/** An access key, its secret, and for temporary credentials their token. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /**
   * When they expire: a Date, an ISO 8601 text, or seconds (or milliseconds) since 1970. A function is called again before; those
   * that expire within 10 s are not sent.
   */
  readonly expiration?: Date | string | number | undefined;
}

/** A value, or where to get it: asked for at the client's first call. */
export type Provided<T> = T | Promise<T> | (() => T | Promise<T>);

/** Where requests go, in parts. */
export interface Endpoint {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
}

/** Exchanges signed requests for responses, as a handler of `@smithy/node-http-handler` or a mock does. */
export interface RequestHandler {
  handle(request: any, options?: any): Promise<{ response: any }>;
  destroy?(): void;
  readonly metadata?: { handlerProtocol?: string | undefined; [name: string]: unknown } | undefined;
  updateHttpClientConfig?(name: any, value: any): void;
  httpHandlerConfigs?(): any;
}

/** Says whether and when a call is tried again, as those of `@smithy/util-retry` do. */
export interface RetryStrategy {
  acquireInitialRetryToken(scope: string): Promise<any>;
  refreshRetryTokenForRetry(token: any, error: any): Promise<any>;
  recordSuccess(token: any): void;
  readonly mode?: string | undefined;
}

/** Limits of one attempt, and how connections are made. */
export interface RequestHandlerOptions extends HandlerOptions {
  /** Whether an attempt that exceeds `requestTimeout` fails, as by default, or only warns. */
  throwOnRequestTimeout?: boolean | undefined;
  /**
   * Of an agent, or of the plain options of one, are taken: `maxSockets` and `maxTotalSockets`, how many connections may be
   * open at once; `keepAlive`; `ca`, `cert`, `key` and `passphrase` in PEM; `rejectUnauthorized`; and the proxy of an
   * `HttpsProxyAgent`. What else would change where requests go, or whom they trust, is refused by name.
   */
  httpsAgent?: object | undefined;
  /** The same for endpoints without TLS. */
  httpAgent?: object | undefined;
  /** @internal Options of the AWS SDK's handler that change nothing here. */
  socketAcquisitionWarningTimeout?: number | undefined;
  /** @internal */
  logger?: unknown;
}

/** Options of clients of the AWS SDK that change nothing here, so that its configurations can be given as they are. */
export interface SdkDefaults {
  apiVersion?: string | undefined;
  authSchemePreference?: unknown;
  base64Decoder?: unknown;
  base64Encoder?: unknown;
  bodyLengthChecker?: unknown;
  cacheMiddleware?: boolean | undefined;
  defaultUserAgentProvider?: unknown;
  disableHostPrefix?: boolean | undefined;
  runtime?: string | undefined;
  serviceId?: string | undefined;
  sha256?: unknown;
  streamCollector?: unknown;
  tls?: boolean | undefined;
  urlParser?: unknown;
  utf8Decoder?: unknown;
  utf8Encoder?: unknown;
}

/** `console` is one. */
export interface Logger {
  trace?: ((...content: any[]) => void) | undefined;
  debug: (...content: any[]) => void;
  info: (...content: any[]) => void;
  warn: (...content: any[]) => void;
  error: (...content: any[]) => void;
}

/** A client's configuration, without secrets. */
export interface ResolvedConfig {
  readonly serviceId: string;
  readonly apiVersion: string;
  logger: Logger;
  readonly logFormat: "object" | "text";
  readonly runtime: string;
  readonly tls: boolean;
  readonly disableHostPrefix: boolean;
  readonly defaultSigningName: string;
  readonly isCustomEndpoint: boolean;
  readonly signingRegion: string | undefined;
  readonly systemClockOffset: number;
  readonly customUserAgent: ClientConfig["customUserAgent"];
  requestHandler: RequestHandler;
  credentials(): Promise<Credentials>;
  retryStrategy(): Promise<RetryStrategy>;
  defaultsMode(): Promise<string>;
  userAgentAppId(): Promise<string | undefined>;
  region(): Promise<string>;
  /** Only where an endpoint was given; that of the service is in the settings. */
  endpoint?: (() => Promise<Endpoint>) | undefined;
  maxAttempts(): Promise<number>;
  retryMode(): Promise<string>;
  useFipsEndpoint(): Promise<boolean>;
  useDualstackEndpoint(): Promise<boolean>;
  /** All of it, wherever it came from. */
  settings(): Promise<Settings>;
}

/** What one call may be given. */
export interface CallOptions {
  /** Aborting drops the request and closes its socket; the call then fails with an `AbortError`. */
  abortSignal?: AbortSignal | undefined;
  /** The limit of this call in milliseconds, retries included. */
  timeout?: number | undefined;
  /** The limit of each attempt of this call in milliseconds, in place of the client's; 0 for the client's. */
  requestTimeout?: number | undefined;
  /** Attempts in all, in place of the client's. */
  maxAttempts?: number | undefined;
}

/** Takes the outcome of a call. */
export type Callback<Output> = (error: any, output?: Output) => void;

/** One attempt of a call; times in milliseconds. */
export interface Attempt {
  /** The HTTP status; null where no answer came. */
  httpStatusCode: number | null;
  /** The service's error code, or what went wrong without an answer; null for a success. */
  code: string | null;
  requestId: string | null;
  /** How long it took. */
  duration: number;
  /** How long the call waited after it; null if no attempt followed. */
  delay: number | null;
}

/** What an answer says besides its body. */
export interface ResponseMetadata {
  $metadata: {
    httpStatusCode?: number | undefined;
    requestId?: string | undefined;
    extendedRequestId?: string | undefined;
    cfId?: string | undefined;
    /** How many attempts it took. */
    attempts?: number | undefined;
    /** How long the call waited between attempts, in milliseconds. */
    totalRetryDelay?: number | undefined;
    /** The attempts, where there was more than one. */
    history?: Attempt[] | undefined;
  };
}

/** One fault of an input. */
export interface Fault {
  /** The kind: `missing required field`, `unknown field`, `invalid type`, `invalid length`, `invalid range` and others. */
  reason: string;
  /** Where, such as `Tags[0].Key`; empty for the input itself. */
  path: string;
  required_name?: string | undefined;
  unknown_param?: string | undefined;
  min_allowed?: number | undefined;
  max_allowed?: number | undefined;
  allowed?: string[] | undefined;
  pattern?: string | undefined;
}

/** How pages are asked for. */
export interface PaginationConfig<C> {
  client: C;
  /** Items of a page, at most. */
  pageSize?: number | undefined;
  /** Where to go on: the `NextToken` of an earlier page. */
  startingToken?: string | undefined;
  /** Whether to end when a page's token is that of the page before. */
  stopOnSameToken?: boolean | undefined;
  /** Called with the command of each page; may give another in its place. */
  withCommand?: ((command: any) => any) | undefined;
}

/** Changes the configuration of clients that it is given to, by `setRegion`, `setCredentials`, `setHttpHandler` and the like. */
export interface RuntimeExtension {
  configure(extensionConfiguration: ExtensionConfiguration): void;
}

/** What an extension reads and sets of a client's options. */
export interface ExtensionConfiguration {
  region(): Promise<string | undefined>;
  setRegion(region: Provided<string>): void;
  credentials(): ClientConfig["credentials"];
  setCredentials(credentials: NonNullable<ClientConfig["credentials"]>): void;
  httpHandler(): any;
  setHttpHandler(handler: NonNullable<ClientConfig["requestHandler"]>): void;
  httpHandlerConfigs(): RequestHandlerOptions;
  updateHttpClientConfig<Name extends keyof RequestHandlerOptions>(name: Name, value: RequestHandlerOptions[Name]): void;
  retryStrategy(): any;
  setRetryStrategy(strategy: NonNullable<ClientConfig["retryStrategy"]>): void;
  addChecksumAlgorithm(algorithm: any): void;
  checksumAlgorithms(): never[];
  httpAuthSchemes(): never[];
}

/** Clients with extensions. */
export interface RuntimeExtensionsConfig {
  extensions: RuntimeExtension[];
}

/** The options that say where requests go. */
export type ClientInputEndpointParameters = Pick<ClientConfig, "region" | "endpoint" | "useDualstackEndpoint" | "useFipsEndpoint">;
