// Next.js 15 builds the example's route with webpack and with Turbopack; it runs in its project, and as what `standalone` copies.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { addon, platformPackage, scratch } from "../packed.mjs";
import { require } from "../support.mjs";

const { LocalChime } = require("chimeline/testing");
const run = promisify(execFile);
const next = process.env.CHIMELINE_SLOW;
const layout = `export default function Layout({ children }) {
  return <html><body>{children}</body></html>;
}
`;

/** The line that node/README.md has for this. */
function documentedLine() {
  const [, line] = /^\| Next\.js, `output: "standalone"`.*\| `(outputFileTracingIncludes: .*)` in/m.exec(readFileSync(join(import.meta.dirname, "../../../node/README.md"), "utf8"));
  return line;
}

for (const bundler of ["webpack", "turbopack"]) {
  test(`Next.js with ${bundler}: the bundled route runs, and with one line of its configuration away from node_modules too`, { timeout: 900_000 }, async (t) => {
    assert.ok(next && existsSync(join(next, "node_modules/next")), "run `make check-all`, which installs Next.js");
    const folder = scratch(t);
    cpSync(join(next, "node_modules"), join(folder, "node_modules"), { recursive: true, filter: (path) => !path.includes("aws-cdk-lib") });
    cpSync(join(import.meta.dirname, "../../../node/examples/next"), folder, { recursive: true });
    writeFileSync(join(folder, "app/layout.jsx"), layout);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", private: true }));
    writeFileSync(join(folder, "next.config.js"), `module.exports = { output: "standalone", outputFileTracingRoot: __dirname, ${documentedLine()} };\n`);
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
    const program = join(folder, "node_modules/next/dist/bin/next");
    await run(process.execPath, [program, "build", ...(bundler === "turbopack" ? ["--turbopack"] : [])], { cwd: folder, env });
    await serves(t, [program, "start"], folder, env);

    const away = scratch(t, { platform: false });
    rmSync(join(away, "node_modules"), { recursive: true });
    cpSync(join(folder, ".next/standalone"), away, { recursive: true });
    assert.ok(existsSync(join(away, "node_modules", platformPackage, addon)));
    rmSync(folder, { recursive: true });
    await serves(t, [join(away, "server.js")], away, env);
  });
}

/** Starts the server and calls its route. */
async function serves(t, args, folder, env) {
  const local = await LocalChime.start();
  t.after(() => local.stop());
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/api/meetings`;
  const server = spawn(process.execPath, args, { cwd: folder, env: { ...env, ...local.environment, PORT: String(port), HOSTNAME: "127.0.0.1" }, stdio: ["ignore", "ignore", "inherit"] });
  try {
    const response = await called(url, server);
    const { Meeting, Attendees } = await response.json();
    assert.equal(response.status, 201);
    assert.equal(Meeting.ExternalMeetingId, "standup");
    assert.equal(Attendees.length, 1);
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

async function called(url, server) {
  for (;;) {
    try {
      return await fetch(url, { method: "POST", body: JSON.stringify({ name: "standup", users: ["alice"] }) });
    } catch (error) {
      if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
