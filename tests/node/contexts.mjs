// The package in contexts of its own, as Jest loads it for each file of tests.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, isAbsolute } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createContext, runInContext } from "node:vm";
import { at, caught, require } from "./support.mjs";

export const PIPELINES = "chimeline/client-chime-sdk-media-pipelines";

/** Loads the package into a new context with an environment of its own, as Jest does. */
export function inContext(env = {}) {
  const own = Object.create(process, { env: { value: env } });
  const sandbox = { process: own, URL, performance, setTimeout, clearTimeout, Buffer };
  const context = createContext(sandbox);
  const cache = new Map();
  const load = (file) => {
    if (file.endsWith(".node") || !isAbsolute(file)) return require(file);
    if (!cache.has(file)) {
      const module = { exports: {} };
      cache.set(file, module);
      const text = readFileSync(file, "utf8");
      if (file.endsWith(".json")) module.exports = JSON.parse(text);
      else {
        const { resolve } = createRequire(file);
        const wrapped = runInContext(`(function (require, module, exports, __filename, __dirname) {${text}\n})`, context, { filename: file });
        wrapped((name) => load(resolve(name)), module, module.exports, file, dirname(file));
      }
    }
    return cache.get(file).exports;
  };
  return { context, module: load(require.resolve(PIPELINES)) };
}

/** Makes that many contexts, with a call in each that succeeds, fails or is aborted, and counts those that the collector leaves. */
export async function contextsLeft(server, count) {
  const made = [];
  for (let i = 0; i < count; i++) {
    made.push(await used(server, i));
    server.requests.length = 0;
  }
  const left = () => made.filter((context) => context.deref() !== undefined).length;
  for (let i = 0; i < 50 && left() > 1; i++) {
    await sleep(20);
    globalThis.gc();
  }
  return left();
}

async function used(server, i) {
  const { context, module } = inContext();
  const client = at(server, module.ChimeSDKMediaPipelines);
  await client.listMediaPipelines({});
  if (i % 3 === 1) await caught(client.listMediaPipelines({ MaxResults: "x" }));
  if (i % 3 === 2) {
    const stop = new AbortController();
    const calling = caught(client.listMediaPipelines({}, { abortSignal: stop.signal }));
    stop.abort();
    await calling;
  }
  return new WeakRef(context);
}
