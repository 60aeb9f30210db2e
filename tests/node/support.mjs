// The installed package, and a scripted server on loopback that keeps each request and answers, or fails, as a test says.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

export const installed = process.env.CHIMELINE_NODE;
export const require = createRequire(join(installed, "x.js"));
export const keys = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
export const secret = keys.secretAccessKey;

export const capture = {
  SourceType: "ChimeSdkMeeting",
  SourceArn: "arn:aws:chime:us-east-1:111122223333:meeting/0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c",
  SinkType: "S3Bucket",
  SinkArn: "arn:aws:s3:::recordings",
};

/** A client of the class at the server, which retries nothing unless told to. */
export function at(server, Class, options = {}) {
  return new Class({ region: "us-east-1", endpoint: server.url, credentials: keys, maxAttempts: 1, ...options });
}

/** What a step may be: an answer, raw octets, or a way of failing. */
export const answer = (status, body = {}, headers = {}) => ({ status, body, headers });
export const raw = (text) => ({ raw: text });
export const stall = { stall: true };
export const reset = { reset: true };

export class Server {
  requests = [];
  steps = [];
  open = new Set();
  connections = 0;
  #server;

  static async start(fallback = answer(200)) {
    const server = new Server();
    server.fallback = fallback;
    server.#server = createServer((socket) => server.#serve(socket));
    server.#server.listen(0, "127.0.0.1", 1024);
    await once(server.#server, "listening");
    server.port = server.#server.address().port;
    server.url = `http://127.0.0.1:${server.port}`;
    return server;
  }

  queue(...steps) {
    this.steps.push(...steps);
    return this;
  }

  async stop() {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose]() {
    return this.stop();
  }

  #serve(socket) {
    this.connections += 1;
    this.open.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("close", () => this.open.delete(socket));
    let received = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let request; (request = parse(received)); ) {
        received = received.subarray(request.length);
        this.requests.push(request);
        const step = this.steps.shift() ?? this.fallback;
        this.#play(socket, typeof step === "function" ? step(request) : step);
      }
    });
  }

  #play(socket, step) {
    if (step.stall) return;
    if (step.reset) return void socket.resetAndDestroy();
    if (step.raw !== undefined) return void socket.end(Buffer.from(step.raw, "latin1"));
    const body = Buffer.from(typeof step.body === "string" ? step.body : JSON.stringify(step.body));
    const headers = Array.isArray(step.headers) ? step.headers : Object.entries(step.headers);
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const length = step.status === 204 ? "" : `Content-Length: ${body.length}\r\n`;
    socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${step.status} X\r\n${length}${lines}\r\n`, "latin1"), step.status === 204 ? Buffer.alloc(0) : body]));
  }
}

function parse(received) {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line, ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(lines.map((text) => [text.slice(0, text.indexOf(":")).toLowerCase(), text.slice(text.indexOf(":") + 1).trim()]));
  const length = end + 4 + Number(headers["content-length"] ?? 0);
  if (received.length < length) return undefined;
  const [method, target] = line.split(" ");
  return { method, target, headers, body: received.subarray(end + 4, length).toString(), length };
}

/** The error that a promise is rejected with. */
export async function caught(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it succeeded");
}

/** Runs the program that makes calls beside writes to the environment; a crash of it rejects. */
export async function besideWrites(seconds) {
  const program = join(import.meta.dirname, "../soak/environment.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [program, String(seconds)], { env: { ...process.env, MALLOC_PERTURB_: "165" } });
  return stdout;
}
