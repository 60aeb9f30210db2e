// Calls of Node's client, one after another, for what counts them: `calls.cjs TIMES`.
"use strict";

const { spawn } = require("node:child_process");
const { once } = require("node:events");
const { createRequire } = require("node:module");
const { readFileSync } = require("node:fs");
const path = require("node:path");

const { Chime } = createRequire(path.join(process.env.CHIMELINE_NODE, "x.js"))("chimeline");
const request = JSON.parse(readFileSync(path.join(__dirname, "data", "request.json"), "utf8"));

async function main() {
  const server = spawn(process.env.COUNTS_CORE, ["serve"], { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = await once(server.stdout, "data");
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new Chime({ region: "us-east-1", endpoint: String(line).trim(), credentials });
  for (let left = Number(process.argv[2]); left > 0; left -= 1) {
    await client.createMediaCapturePipeline(request);
  }
  client.destroy();
  server.stdin.end();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
