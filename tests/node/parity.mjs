// Runs one program on the AWS SDK for JavaScript and on this package, and compares what they print.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { keys, require as own, Server } from "./support.mjs";

const sdk = createRequire(import.meta.url);
const packages = {
  sdk: { pipelines: sdk("@aws-sdk/client-chime-sdk-media-pipelines"), meetings: sdk("@aws-sdk/client-chime-sdk-meetings") },
  chimeline: { pipelines: own("chimeline/client-chime-sdk-media-pipelines"), meetings: own("chimeline/client-chime-sdk-meetings") },
};

export let server;

export async function start() {
  server = await Server.start();
}

export function stop() {
  return server.stop();
}

/** Runs the program on both. It is given the package, the options that point clients to the server, and what prints. */
export async function same(program, { steps = [] } = {}) {
  const printed = {};
  for (const [name, modules] of Object.entries(packages)) {
    const lines = [];
    server.requests.length = 0;
    server.steps = [...steps];
    const options = { region: "us-east-1", endpoint: server.url, credentials: keys, maxAttempts: 1 };
    const print = (...values) => lines.push(values.map((value) => (typeof value === "string" ? value : inspect(value, { depth: 9 }))).join(" "));
    await program({ ...modules, options, print, requests: server.requests });
    printed[name] = lines;
  }
  assert.ok(printed.sdk.length > 0);
  assert.deepEqual(printed.chimeline, printed.sdk);
}

/** Prints what a call comes to. */
export async function outcome(print, calling, show) {
  try {
    const { $metadata, ...output } = await calling;
    print(output);
  } catch (error) {
    print(show(error));
  }
}
