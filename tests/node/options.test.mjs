// Options that are honoured or refused by name: agents, numbers, expiring credentials, loggers.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http, { createServer } from "node:http";
import https from "node:https";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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
    host: { host: "elsewhere" },
    pfx: { pfx: Buffer.from("x") },
    ciphers: { ciphers: "ALL" },
    servername: { servername: "other" },
    minVersion: { minVersion: "TLSv1.3" },
    checkServerIdentity: { checkServerIdentity() {} },
    createConnection: new Tunnel(),
    getProxyForUrl: new ProxyAgent(),
    proxyHeaders: { proxy: new URL("http://p"), proxyHeaders: { a: "b" } },
    proxyRequestOptions: { proxy: new URL("http://p"), proxyRequestOptions: { ca: "b" } },
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
    [{ timeout: -5 }, /^timeout is -5, which must be a positive number of milliseconds/],
    [{ timeout: 0 }, /^timeout is 0, which must be a positive number of milliseconds/],
    ...["requestTimeout", "socketTimeout", "connectionTimeout"].map((name) => [{ requestHandler: { [name]: -1 } }, new RegExp(`^requestHandler\\.${name} is -1, which must be a number of milliseconds`)]),
    [{ requestHandler: { httpAgent: { maxSockets: 1.5 } } }, /^requestHandler\.httpAgent\.maxSockets is 1\.5, which must be an integer from 1/],
    [{}, /^requestTimeout is -2, which must be a positive number of milliseconds/, { requestTimeout: -2 }],
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

test("a request that exceeds a requestTimeout that ends nothing is warned of", async () => {
  const warned = [];
  const logger = { debug() {}, info() {}, warn: (text) => warned.push(text) };
  const slow = createServer((request, response) => setTimeout(() => response.end("{}"), 150)).listen(0, "127.0.0.1");
  await once(slow, "listening");
  const endpoint = `http://127.0.0.1:${slow.address().port}`;
  await at(server, Chime, { endpoint, logger, requestHandler: { requestTimeout: 50, throwOnRequestTimeout: false } }).listMediaCapturePipelines({});
  await at(server, Chime, { endpoint, logger, requestHandler: { requestTimeout: 5000, throwOnRequestTimeout: false } }).listMediaCapturePipelines({});
  slow.close();
  slow.closeAllConnections();
  assert.equal(warned.length, 1);
  assert.match(warned[0], /50 ms.*throwOnRequestTimeout/);
});

test("an option of another name is warned of once in a process, with the name that was meant", async () => {
  const warned = [];
  const listen = ({ message }) => warned.push(message);
  process.on("warning", listen);
  // What other clients of the AWS SDK and their own configuration have.
  const shared = { maxAttempt: 5, forcePathStyle: true, apiVersion: "2012-11-05", tls: true, runtime: "node", unset: undefined };
  for (let i = 0; i < 3; i++) at(server, Chime, shared);
  at(server, Chime, { ...at(server, Chime).config, endpoint: server.url });
  await sleep(10);
  process.off("warning", listen);
  assert.deepEqual(warned, ["maxAttempt: did you mean maxAttempts?", "forcePathStyle is not an option of this client, and is left out"]);
});

test("connections that are not to be kept are closed after each call", async () => {
  const own = await Server.start();
  for (const requestHandler of [{ keepAlive: false }, { httpAgent: new http.Agent({ keepAlive: false }) }]) {
    const before = own.connections;
    const client = at(own, Chime, { requestHandler });
    for (let i = 0; i < 3; i++) await client.listMediaCapturePipelines({});
    assert.equal(own.connections - before, 3);
    assert.equal((await client.config.settings()).keepAlive, false);
  }
  const client = at(own, Chime, { requestHandler: { keepAlive: true } });
  const before = own.connections;
  for (let i = 0; i < 3; i++) await client.listMediaCapturePipelines({});
  assert.equal(own.connections - before, 1);
  await own.stop();
});

test("signatures are for the signing region and the service's clock", async () => {
  const client = at(server, Chime, { signingRegion: "eu-west-2", systemClockOffset: 3_600_000, defaultsMode: async () => "in-region" });
  await client.listMediaCapturePipelines({});
  const { authorization, "x-amz-date": date } = server.requests.at(-1).headers;
  assert.match(authorization, /\/eu-west-2\/chime\/aws4_request/);
  const signed = Date.parse(date.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, "$1-$2-$3T$4:$5:$6Z"));
  assert.ok(Math.abs(signed - Date.now() - 3_600_000) < 60_000, date);
  const settings = await client.config.settings();
  assert.deepEqual([settings.connectionTimeout, settings.signingRegion, settings.systemClockOffset], [1100, "eu-west-2", 3_600_000]);
  assert.match((await caught(at(server, Chime, { defaultsMode: "fast" }).listMediaCapturePipelines({}))).message, /defaults_mode|defaultsMode/);
  const still = at(server, Chime, { disableClockSkewCorrection: true, maxAttempts: 2 });
  server.fallback = answer(403, { Code: "RequestTimeTooSkewed" }, { Date: "Thu, 29 Feb 2024 11:34:56 GMT" });
  server.requests.length = 0;
  await caught(still.listMediaCapturePipelines({}));
  assert.equal(server.requests.length, 1);
});

test("clients can be disposed of", async () => {
  const client = at(server, Chime);
  await client.listMediaCapturePipelines({});
  client[Symbol.dispose ?? Symbol.for("Symbol.dispose")]();
  await client[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]();
});

test("credentials that the chain finds can be asked for", async (t) => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey, AWS_SESSION_TOKEN: "a-token" });
  t.after(() => ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].forEach((name) => delete process.env[name]));
  const client = new Chime({ endpoint: server.url, region: "us-east-1" });
  assert.deepEqual(await client.config.credentials(), { ...keys, sessionToken: "a-token" });
  assert.ok(!JSON.stringify(client).includes(keys.secretAccessKey));
});

test("Node's variables for certificates are honoured", async (t) => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256", extensions: [{ name: "basicConstraints", cA: true }, { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }] });
  const secure = https.createServer({ cert, key }, (request, response) => response.end("{}")).listen(0, "127.0.0.1");
  const folder = mkdtempSync(join(tmpdir(), "chimeline-"));
  t.after(() => (secure.close(), secure.closeAllConnections(), rmSync(folder, { recursive: true })));
  await once(secure, "listening");
  writeFileSync(join(folder, "ca.pem"), cert);
  writeFileSync(join(folder, "other.pem"), "no certificate");
  const program = `
    const { Chime } = require(${JSON.stringify(require.resolve("chimeline"))});
    const { Agent } = require("node:https");
    const call = (options) => new Chime({ region: "us-east-1", endpoint: "https://localhost:${secure.address().port}", credentials: { accessKeyId: "a", secretAccessKey: "b" }, maxAttempts: 1, ...options })
      .listMediaCapturePipelines({}).then(() => "made", (error) => error.name);
    const strict = { requestHandler: { httpsAgent: new Agent({ rejectUnauthorized: true }) } };
    call({}).then(async (first) => console.log(first, await call(strict)));`;
  const run = (env) => promisify(execFile)(process.execPath, ["-e", program], { env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } });
  assert.equal((await run({})).stdout, "SSLError SSLError\n");
  assert.equal((await run({ NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") })).stdout, "made made\n");
  assert.equal((await run({ NODE_EXTRA_CA_CERTS: join(folder, "other.pem") })).stdout, "SSLError SSLError\n");
  const anybody = await run({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
  assert.equal(anybody.stdout, "made SSLError\n");
  assert.equal(anybody.stderr.match(/NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections/g).length, 1);
});

test("a key with a passphrase is taken from an agent", async () => {
  const { generateKeyPairSync } = await import("node:crypto");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open" });
  const { cert } = await generate([{ name: "commonName", value: "x" }], { keyType: "ec", algorithm: "sha256" });
  new Chime({ requestHandler: { httpsAgent: { cert, key, passphrase: "open" } } });
  assert.throws(() => new Chime({ requestHandler: { httpsAgent: { cert, key, passphrase: "wrong" } } }), { name: "TypeError", message: /httpsAgent\.key cannot be decrypted/ });
});

test("every option is taken by its name and type, and every setting is told by the names of this language", async () => {
  const { TYPES } = require(join(dirname(require.resolve("chimeline")), "client_options.cjs"));
  for (const name in TYPES) {
    assert.throws(() => new Chime({ [name]: Symbol("none") }), { name: "TypeError", message: new RegExp(`^${name} must be `) });
  }
  const declared = readFileSync(new URL("../../node/generated/client_config.d.cts", import.meta.url), "utf8");
  const [, body] = /interface Settings \{(.*?)\n\}/s.exec(declared);
  const settings = await at(server, Chime, {}).config.settings();
  assert.deepEqual(Object.keys(settings).sort(), [...body.matchAll(/^  (\w+):/gm)].map(([, name]) => name).sort());
  // The last two are given by an agent, the environment and the profile.
  const names = [...Object.keys(TYPES), ...Object.keys(settings), "proxies", "tcpKeepalive"];
  assert.deepEqual(Object.keys(settings.sources).filter((name) => !names.includes(name)), []);
});

test("an answer that is longer than responseLimit fails the call", async () => {
  server.fallback = answer(200, { MediaPipelines: [], NextToken: "x".repeat(2000) });
  const error = await caught(at(server, ChimeSDKMediaPipelines, { responseLimit: 1000, maxAttempts: 1 }).listMediaPipelines({}));
  assert.match(error.message, /1000/);
  await at(server, ChimeSDKMediaPipelines, { responseLimit: Infinity }).listMediaPipelines({});
});

test("what the core refuses has the name, the value and the unit of this language", async () => {
  const refusal = async (options) => (await caught(at(server, Chime, options).listMediaCapturePipelines({}))).message;
  assert.match(await refusal({ systemClockOffset: 1e15 }), /^systemClockOffset is "1000000000000000", which must be a number of milliseconds/);
  assert.match(await refusal({ region: "us_east" }), /^Provided region 'us_east' /);
  assert.match(await refusal({ retryMode: "eager" }), /^retryMode is "eager", /);
});
