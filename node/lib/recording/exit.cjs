"use strict";
// The end of the process before that of a recording: it cannot wait any more, so another process stops the recording.
const { optionsOf } = require("../client/client.cjs");
const native = require("../wire/load_native.cjs");

/** How long before the end of credentials they are asked for again, in milliseconds. */
const REFRESH_BEFORE_EXPIRY = 5 * 60 * 1000;
/** The longest delay of a timer. */
const LONGEST = 2 ** 31 - 1;

/** What is stopped when the process ends. */
const open = new Set();

function atExit() {
  for (const stopper of open) stopper.start();
}

/** Stops a pipeline from a process of its own, with the settings and the credentials of a client. */
class ExitStopper {
  #client;
  #arguments;
  #profile;
  #credentials;
  #timer;

  constructor(client) {
    this.#client = client;
  }

  /** Takes all that is needed, and waits for the end of the process. */
  async arm(service, pipelineId, concatenateTo) {
    const { region, endpoint } = await this.#client.config.settings();
    const { profile, credentials } = /** @type {any} */ (optionsOf(this.#client) ?? {});
    const named = region === "aws-global" ? "us-east-1" : region;
    this.#arguments = ["chimeline", "stop", pipelineId, "--region", named, "--endpoint-url", endpoint];
    if (service === "chime") this.#arguments.push("--legacy");
    if (concatenateTo != null) this.#arguments.push("--concatenate-to", concatenateTo);
    this.#profile = profile;
    if (credentials != null) await this.#keepCredentials();
    if (open.size === 0) process.on("exit", atExit);
    open.add(this);
  }

  disarm() {
    clearTimeout(this.#timer);
    if (open.delete(this) && open.size === 0) process.off("exit", atExit);
  }

  /** Those of the client's own, which another process cannot find. */
  async #keepCredentials() {
    this.#credentials = await this.#client.config.credentials();
    const { expiration } = this.#credentials;
    if (expiration == null) return;
    const delay = Math.min(Math.max(new Date(expiration).getTime() - Date.now() - REFRESH_BEFORE_EXPIRY, 1000), LONGEST);
    // Where they cannot be had, those before are as good as none.
    this.#timer = setTimeout(() => this.#keepCredentials().catch(() => {}), delay).unref();
  }

  /** Starts the process, which outlives this one. */
  start() {
    const { spawn } = process.getBuiltinModule("node:child_process");
    /** @type {Record<string, string | undefined>} */
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
    const profile = this.#credentials === undefined && typeof this.#profile === "string" ? ["--profile", this.#profile] : [];
    if (this.#credentials !== undefined) {
      delete env.AWS_PROFILE;
      delete env.AWS_SESSION_TOKEN;
      const { accessKeyId, secretAccessKey, sessionToken } = this.#credentials;
      Object.assign(env, { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }, sessionToken && { AWS_SESSION_TOKEN: sessionToken });
    }
    const { file } = /** @type {any} */ (native);
    const program = "process.exitCode = require(process.argv[1]).runCli(process.argv.slice(2))";
    const child = spawn(process.execPath, ["-e", program, file, ...this.#arguments, ...profile], { detached: true, stdio: "ignore", windowsHide: true, env });
    child.unref();
  }
}

module.exports = { ExitStopper };
