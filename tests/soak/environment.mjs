// Four callers make clients and calls while the program writes its environment without pause: two on the thread that writes, two in
// workers, whose environment is a copy.
//
// usage: node environment.mjs SECONDS     (in the environment: CHIMELINE_NODE, a folder where the package is installed)
//
// Each new client takes its credentials from the environment, and each call looks at the trace of Lambda there. Prints the calls that
// were made. Run it with MALLOC_PERTURB_=165: the C library then overwrites what it frees, so that a read of the table of variables
// after it has moved does not go unnoticed.
import { createRequire } from "node:module";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const require = createRequire(join(process.env.CHIMELINE_NODE, "x.js"));
const { ChimeSDKMediaPipelines } = require("chimeline");

async function call(end) {
  let made = 0;
  while (Date.now() < end) {
    const clients = [1, 2].map(() => new ChimeSDKMediaPipelines({}));
    await Promise.all(clients.flatMap((client) => [client.listMediaCapturePipelines({}), client.listMediaCapturePipelines({})]));
    made += 4;
  }
  return made;
}

async function write(end) {
  let written = 0;
  while (Date.now() < end) {
    const names = Array.from({ length: 300 }, (_, i) => `ADDED_${written + i}`);
    for (const [i, name] of names.entries()) process.env[name] = "v".repeat(i % 50);
    process.env._X_AMZN_TRACE_ID = `Root=1-${written}`;
    for (const name of names) delete process.env[name];
    written += 2 * names.length + 1;
    await new Promise(setImmediate);
  }
  return written;
}

const ofWorker = (end) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { end } });
    worker.once("message", resolve).once("error", reject);
  });

if (isMainThread) {
  const { LocalChime } = require("chimeline/testing");
  const local = await LocalChime.start();
  Object.assign(process.env, local.environment, { AWS_LAMBDA_FUNCTION_NAME: "soak" });
  const end = Date.now() + 1000 * Number(process.argv[2]);
  const [written, ...made] = await Promise.all([write(end), call(end), call(end), ofWorker(end), ofWorker(end)]);
  await local.stop();
  console.log(`${made.reduce((sum, count) => sum + count)} calls of ${made.length} callers beside ${written} writes`);
  process.exitCode = made.includes(0) ? 1 : 0;
} else {
  parentPort.postMessage(await call(workerData.end));
}
