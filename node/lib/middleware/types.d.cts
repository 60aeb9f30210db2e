/** Where in a call a middleware stands: the AWS SDK's steps, in their order. */
export type Step = "initialize" | "serialize" | "build" | "finalizeRequest" | "deserialize";

/** A request; all of it may be changed until it is signed, which is after the last middleware of `finalizeRequest` and `deserialize`. */
export interface MiddlewareRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number | undefined;
  /** Percent-encoded. */
  path: string;
  query: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: any;
  clone(): MiddlewareRequest;
}

/** A response; its body is bytes. */
export interface MiddlewareResponse {
  statusCode: number;
  reason?: string | undefined;
  headers: Record<string, string>;
  body?: any;
}

/** What a middleware is given: the input, and from the step `build` on the request. */
export interface MiddlewareArgs {
  input: any;
  request?: any;
}

/** What a middleware gives: the output, but for the step `deserialize`, and the response. */
export interface MiddlewareResult {
  output?: any;
  response?: any;
}

export type MiddlewareHandler = (args: any) => Promise<any>;

/** Whose call it is. */
export interface MiddlewareContext {
  clientName?: string | undefined;
  commandName?: string | undefined;
  logger?: any;
  [name: string]: any;
}

export type Middleware = (next: MiddlewareHandler, context: any) => MiddlewareHandler;

/** How a middleware is known, and what it takes the place of. */
export interface MiddlewareOptions {
  name?: string | undefined;
  aliases?: string[] | undefined;
  tags?: string[] | undefined;
  /** Whether it takes the place of one with its name, at the same place. */
  override?: boolean | undefined;
}

/** Where a middleware stands: `initialize` and `normal` by default. */
export interface AbsolutePlace extends MiddlewareOptions {
  step?: Step | undefined;
  priority?: "high" | "normal" | "low" | undefined;
}

/** By which other a middleware stands. */
export interface RelativePlace extends MiddlewareOptions {
  relation: "before" | "after";
  toMiddleware: string;
}

/** What adds its middleware to a stack. */
export interface MiddlewarePlugin {
  applyToStack(stack: any): void;
}

/** The middleware of a client or of a command. */
export interface MiddlewareStack extends MiddlewarePlugin {
  add(middleware: Middleware, options?: AbsolutePlace): void;
  addRelativeTo(middleware: Middleware, options: RelativePlace): void;
  use(plugin: MiddlewarePlugin): void;
  /** Whether there was one. */
  remove(nameOrMiddleware: string | Middleware): boolean;
  removeByTag(tag: string): boolean;
  clone(): MiddlewareStack;
  concat(from: MiddlewarePlugin): MiddlewareStack;
  /** A line a middleware, in the order of a call. */
  identify(): string[];
  identifyOnResolve(toggle?: boolean): boolean;
  resolve(handler: MiddlewareHandler, context: any): MiddlewareHandler;
}
