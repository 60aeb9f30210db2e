// Options that are honoured or refused by name: agents, numbers, expiring credentials, loggers.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, beforeEach, test } from "node:test";
import { generate } from "selfsigned";
import { answer, at, caught, keys, require, Server } from "./support.mjs";

const { Chime, ChimeSDKMediaPipelines } = require("chimeline");
const { LocalChime } = require("chimeline/testing");

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => {
  server.requests.length = 0;
  server.fallback = answer(200);
});

test("a setting of an agent that cannot be honoured is refused by its name", () => {
  class Tunnel extends http.Agent {
    createConnection() {}
  }
  class ProxyAgent extends Tunnel {
    getProxyForUrl() {}
  }
  const refused = {
    lookup: { lookup() {} },
    socketPath: { socketPath: "/run/socket" },
    localAddress: { localAddress: "127.0.0.2" },
    family: { family: 6 },
    keepAlive: { keepAlive: false },
    host: { host: "elsewhere" },
    pfx: { pfx: Buffer.from("x") },
    ciphers: { ciphers: "ALL" },
    servername: { servername: "other" },
    minVersion: { minVersion: "TLSv1.3" },
    checkServerIdentity: { checkServerIdentity() {} },
    createConnection: new Tunnel(),
    getProxyForUrl: new ProxyAgent(),
    proxyHeaders: { proxy: new URL("http://p"), proxyHeaders: { a: "b" } },
    proxy: { proxy: { host: "h", port: 1080, type: 5 } },
    connect: { destroy() {}, connect() {} },
  };
  for (const [name, agent] of Object.entries(refused)) {
    for (const given of ["httpAgent", "httpsAgent"]) {
      const message = new RegExp(`requestHandler\\.${given}: its ${name}\\b.* cannot be taken over from an agent; \\w`);
      assert.throws(() => new Chime({ requestHandler: { [given]: agent } }), { name: "TypeError", message });
    }
  }
  const taken = [{}, { keepAlive: true, maxSockets: 5, maxFreeSockets: 2, keepAliveMsecs: 10 }, new http.Agent(), new https.Agent({ keepAlive: true, minVersion: "TLSv1.2" }), https.globalAgent];
  for (const httpsAgent of taken) new Chime({ requestHandler: { httpsAgent } });
});

test("an agent's limits and certificates are honoured, as those of plain options", async (t) => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256", extensions: [{ name: "basicConstraints", cA: true }, { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }] });
  let shown;
  const secure = https.createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    shown = request.socket.getPeerCertificate().subject?.CN;
    response.end("{}");
  }).listen(0, "127.0.0.1");
  t.after(() => secure.close());
  await once(secure, "listening");
  const endpoint = `https://localhost:${secure.address().port}`;
  const call = (httpsAgent) => at(server, Chime, { endpoint, requestHandler: { httpsAgent } }).listMediaCapturePipelines({});
  for (const make of [(options) => options, (options) => new https.Agent(options)]) {
    await call(make({ rejectUnauthorized: false }));
    assert.equal(shown, undefined);
    await call(make({ rejectUnauthorized: false, cert, key: Buffer.from(key) }));
    assert.equal(shown, "localhost");
  }
  const limited = at(server, Chime, { requestHandler: { httpsAgent: { maxSockets: 5, maxTotalSockets: 3 }, httpAgent: { maxSockets: 2 } } });
  assert.equal((await limited.config.settings()).maxConnections, 2);
});

test("options that are inherited or accessors count", async () => {
  class Settings {
    get region() {
      return "eu-west-1";
    }
  }
  const client = new Chime(Object.assign(Object.create(new Settings()), { endpoint: server.url, credentials: keys, maxAttempts: 2 }));
  assert.equal(await client.config.maxAttempts(), 2);
  assert.equal(await client.config.region(), "eu-west-1");
});

test("a number that is refused is named with its value and its unit, and Infinity is no limit", async () => {
  const call = (options, own) => caught(at(server, Chime, options).listMediaCapturePipelines({}, own));
  const wrong = [
    [{ maxAttempts: 2.5 }, /^maxAttempts is 2\.5, which must be an integer from 0/],
    [{ maxAttempts: async () => -1 }, /^maxAttempts is -1, /],
    [{ maxAttempts: 2 ** 33 }, /^maxAttempts is 8589934592, /],
    [{ timeout: -5 }, /^timeout is -5, which must be a number of milliseconds above 0/],
    [{ timeout: 0 }, /^timeout is 0, which must be a number of milliseconds above 0/],
    ...["requestTimeout", "socketTimeout", "connectionTimeout"].map((name) => [{ requestHandler: { [name]: -1 } }, new RegExp(`^requestHandler\\.${name} is -1, which must be a number of milliseconds`)]),
    [{ requestHandler: { httpAgent: { maxSockets: 1.5 } } }, /^requestHandler\.httpAgent\.maxSockets is 1\.5, which must be an integer from 1/],
    [{}, /^requestTimeout is -2, which must be a number of milliseconds/, { requestTimeout: -2 }],
    [{}, /^maxAttempts is 0\.5, /, { maxAttempts: 0.5 }],
  ];
  for (const [options, message, own] of wrong) {
    const error = await call(options, own);
    assert.equal(error.name, "InvalidConfigError");
    assert.match(error.message, message);
  }
  assert.equal(server.requests.length, 0);
  const endless = { connectionTimeout: Infinity, socketTimeout: Infinity, requestTimeout: Infinity };
  const client = at(server, Chime, { maxAttempts: Infinity, timeout: Infinity, requestHandler: endless });
  await client.listMediaCapturePipelines({}, { timeout: Infinity, requestTimeout: Infinity, maxAttempts: 0 });
  const settings = await client.config.settings();
  assert.deepEqual([settings.maxAttempts, settings.timeout, settings.requestTimeout], [2 ** 32 - 1, null, null]);
  assert.ok(settings.connectionTimeout > 1e9 && settings.socketTimeout > 1e9);
  for (const [options, message] of [[{ pace: Infinity }, /pace is Infinity, .*milliseconds/], [{ port: 70_000 }, /port is 70000/], [{ pipelineQuota: -1 }, /pipelineQuota is -1/]]) {
    await assert.rejects(LocalChime.start(options), { name: "TypeError", message });
  }
});

test("credentials that have expired are never sent, whoever gave them", async () => {
  const call = (credentials) => caught(at(server, ChimeSDKMediaPipelines, { credentials }).listMediaPipelines({}));
  const past = Date.now() - 60_000;
  for (const expiration of [new Date(past), new Date(past).toISOString(), Math.floor(past / 1000), past, 0, new Date(Date.now() + 5000)]) {
    for (const credentials of [async () => ({ ...keys, expiration }), Promise.resolve({ ...keys, expiration }), { ...keys, expiration }]) {
      const error = await call(credentials);
      assert.equal(error.name, "CredentialRetrievalError");
      assert.match(error.message, /expire/);
    }
  }
  assert.match((await call(async () => ({ ...keys, expiration: new Date(NaN) }))).message, /credentials\.expiration must be a Date/);
  assert.equal(server.requests.length, 0);
  let asked = 0;
  const seconds = async () => ({ ...keys, expiration: Math.floor(Date.now() / 1000) + (asked++ === 0 ? -10 : 3600) });
  const client = at(server, ChimeSDKMediaPipelines, { credentials: seconds });
  await caught(client.listMediaPipelines({}));
  for (let i = 0; i < 3; i++) await client.listMediaPipelines({});
  assert.deepEqual([asked, server.requests.length], [2, 3]);
});

test("a logger that throws or rejects loses nobody's outcome", async () => {
  const noop = () => {};
  const bad = [() => { throw new Error("disk full"); }, async () => { throw new Error("disk full"); }];
  for (const write of bad) {
    const client = at(server, Chime, { logger: { debug: write, info: write, warn: noop, error: noop } });
    assert.equal((await client.listMediaCapturePipelines({})).$metadata.httpStatusCode, 200);
    assert.equal((await caught(client.listMediaCapturePipelines({ MaxResults: "x" }))).name, "ParamValidationError");
    await new Promise((resolve) => client.listMediaCapturePipelines({}, (error, output) => resolve(assert.equal(output.$metadata.httpStatusCode, 200))));
  }
});

test("a client whose files are slow keeps neither the thread nor another client waiting", { skip: process.platform === "win32" }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "chimeline-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const fifo = join(folder, "config");
  execFileSync("mkfifo", [fifo]);
  process.env.AWS_CONFIG_FILE = fifo;
  t.after(() => delete process.env.AWS_CONFIG_FILE);
  const slow = at(server, Chime, { timeout: 300 });
  const calling = caught(slow.listMediaCapturePipelines({}));
  await sleep(20);
  delete process.env.AWS_CONFIG_FILE;
  await at(server, Chime, { timeout: 5000 }).listMediaCapturePipelines({});
  assert.equal((await calling).name, "CallTimeoutError");
  closeSync(openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK));
  writeFileSync(join(folder, "done"), "");
});
