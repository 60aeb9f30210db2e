// Options of the AWS SDK and objects of its packages: the same program on it and on this package prints the same.
import { once } from "node:events";
import http, { createServer } from "node:http";
import https from "node:https";
import { connect } from "node:net";
import { generate } from "selfsigned";
import { HttpsProxyAgent } from "https-proxy-agent";
import { after, before, beforeEach, test } from "node:test";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { AdaptiveRetryStrategy, ConfiguredRetryStrategy, StandardRetryStrategy } from "@smithy/util-retry";
import { outcome, same, server, start, stop } from "./parity.mjs";
import { answer, reset, stall } from "./support.mjs";

before(start);
after(stop);
beforeEach(() => {
  server.fallback = answer(200);
});

const throttled = answer(429, { Code: "ThrottlingException", Message: "slow" }, { "x-amzn-RequestId": "r-1" });
const failed = answer(500, { Code: "ServiceFailureException", Message: "down" });
const list = ({ pipelines, options }, given = {}) => new pipelines.ChimeSDKMediaPipelines({ ...options, ...given }).listMediaPipelines({});

test("accessors of the configuration", async () => {
  await same(async ({ pipelines, options, print }) => {
    const logger = console;
    const client = new pipelines.ChimeSDKMediaPipelinesClient({ ...options, logger, customUserAgent: "mine/1", systemClockOffset: 5000, signingRegion: "eu-west-1" });
    const { config } = client;
    print(await config.region(), await config.credentials(), await config.endpoint(), await config.maxAttempts(), await config.retryMode());
    print(await config.useFipsEndpoint(), await config.useDualstackEndpoint(), await config.defaultsMode(), config.logger === logger, config.customUserAgent);
    print((await config.retryStrategy()).mode, typeof config.requestHandler.handle, config.requestHandler.metadata, config.systemClockOffset, config.signingRegion);
    print(config.serviceId, config.apiVersion, config.runtime, config.tls, config.isCustomEndpoint, config.defaultSigningName);
    const strategy = new StandardRetryStrategy(2);
    const requestHandler = new NodeHttpHandler({ requestTimeout: 5 });
    const other = new pipelines.ChimeSDKMediaPipelinesClient({ region: async () => "eu-west-1", credentials: async () => options.credentials, retryStrategy: strategy, requestHandler });
    print(await other.config.region(), await other.config.credentials(), other.config.endpoint, (await other.config.retryStrategy()) === strategy, other.config.requestHandler === requestHandler);
    print(typeof other.config.logger.info, other.config.logger.constructor.name.startsWith("No"));
    client.destroy();
  });
});

test("a ConfiguredRetryStrategy", async () => {
  await same(
    async (given) => {
      const asked = [];
      const retryStrategy = new ConfiguredRetryStrategy(4, (attempt) => (asked.push(attempt), 10 * attempt));
      await outcome(given.print, list(given, { retryStrategy }), ({ name, $metadata: { history, ...metadata } }) => [name, metadata]);
      await outcome(given.print, list(given, { retryStrategy }), ({ name, $metadata }) => [name, $metadata.attempts]);
      given.print(asked, given.requests.length, retryStrategy.getCapacity());
    },
    { steps: [throttled, failed, reset, throttled, throttled, answer(200)] },
  );
});

test("Standard and Adaptive strategies, and one of a program's own", async () => {
  const own = (print) => ({
    acquireInitialRetryToken: async (scope) => (print("acquire", scope), { getRetryCount: () => 0, getRetryDelay: () => 0 }),
    refreshRetryTokenForRetry: async (token, { errorType, error, retryAfterHint }) => {
      print("refresh", token.getRetryCount(), errorType, error.name, retryAfterHint instanceof Date);
      if (token.getRetryCount() > 0) throw new Error("no more");
      return { getRetryCount: () => token.getRetryCount() + 1, getRetryDelay: () => 5 };
    },
    recordSuccess: (token) => print("success", token.getRetryCount()),
  });
  const show = ({ name, $metadata }) => [name, $metadata.attempts];
  for (const [steps, strategy] of [
    [[throttled, answer(200)], (print) => own(print)],
    [[answer(503, { Code: "ServiceUnavailableException" }, { "Retry-After": "1" }), reset], (print) => own(print)],
    [[answer(400, { Code: "BadRequestException", Message: "m" })], (print) => own(print)],
    [[failed, answer(200)], () => new StandardRetryStrategy(2)],
    [[failed, failed], () => new StandardRetryStrategy(2)],
    [[failed, answer(200)], () => new AdaptiveRetryStrategy(async () => 3)],
  ]) {
    await same(async (given) => {
      await outcome(given.print, list(given, { retryStrategy: strategy(given.print) }), show);
      given.print(given.requests.length);
    }, { steps });
  }
});

test("a NodeHttpHandler with limits of time and agents", async () => {
  const slow = (ms) => async (given) => {
    const warned = [];
    const logger = { trace() {}, debug() {}, info() {}, error() {}, warn: (text) => warned.push(/ \d+ ms /.exec(text)[0]) };
    const requestHandler = new NodeHttpHandler({ requestTimeout: ms, throwOnRequestTimeout: true, logger });
    await outcome(given.print, list(given, { requestHandler }), ({ name, code, $metadata }) => [name, code, $metadata.attempts]);
    given.print(warned);
  };
  await same(slow(100), { steps: [stall] });
  await same(slow(5000));
  await same(async (given) => {
    const requestHandler = new NodeHttpHandler({ connectionTimeout: 1000, socketTimeout: 100, httpAgent: new http.Agent({ keepAlive: true, maxSockets: 2 }), httpsAgent: { maxSockets: 3 } });
    await outcome(given.print, list(given, { requestHandler }), ({ name }) => name);
  }, { steps: [stall] });
});

test("a handler of a program's own exchanges signed requests for responses", async () => {
  await same(async (given) => {
    const { pipelines, options, print } = given;
    const seen = [];
    const requestHandler = {
      metadata: { handlerProtocol: "mock" },
      async handle(request, { abortSignal }) {
        const { method, protocol, hostname, port, path, query, headers, body } = request;
        seen.push([method, protocol, hostname, port, path, query, body]);
        print(/^AWS4-HMAC-SHA256 Credential=/.test(headers.authorization), headers["content-type"], typeof headers["x-amz-date"], abortSignal === undefined, request.constructor.name);
        return { response: { statusCode: 404, headers: { "x-amzn-errortype": "NotFoundException" }, body: Buffer.from('{"Message":"mocked"}') } };
      },
    };
    const client = new pipelines.ChimeSDKMediaPipelines({ ...options, endpoint: "http://mock.example:8080/base", requestHandler });
    await outcome(print, client.listMediaPipelines({ MaxResults: 5 }), ({ name, message, $metadata }) => [name, message, $metadata]);
    await outcome(print, client.tagResource({ ResourceARN: "arn:aws:chime:us-east-1:111122223333:x", Tags: [{ Key: "a", Value: "b" }] }), ({ name }) => name);
    print(seen.map(([method, protocol, hostname, port, path, query, body]) => [method, protocol, hostname, port, path, query, body && JSON.parse(body)]));
    print(given.requests.length);
  });
});

test("bodies of responses of a handler: texts, bytes and streams; and its failures", async () => {
  const { Readable } = await import("node:stream");
  const page = { MediaPipelines: [{ MediaPipelineId: "p" }] };
  const bodies = [() => Buffer.from(JSON.stringify(page)), () => Readable.from([Buffer.from('{"MediaPipelines":'), Buffer.from('[{"MediaPipelineId":"p"}]}')])];
  await same(async (given) => {
    for (const body of bodies) {
      const requestHandler = { handle: async () => ({ response: { statusCode: 200, headers: {}, body: body() } }) };
      await outcome(given.print, list(given, { requestHandler }), ({ name }) => name);
    }
    for (const [properties, maxAttempts] of [[{ code: "ECONNRESET" }, 2], [{ name: "TimeoutError" }, 3], [{ note: "mine" }, 3]]) {
      let calls = 0;
      const thrown = Object.assign(new Error("from the handler"), properties);
      const requestHandler = {
        async handle() {
          calls += 1;
          throw thrown;
        },
      };
      await outcome(given.print, list(given, { requestHandler, maxAttempts }), (error) => [error === thrown, error.message, error.$metadata.attempts]);
      given.print(calls);
    }
  });
});

test("a handler that calls the client's own from within", async () => {
  await same(async (given) => {
    const { pipelines, options, print } = given;
    const client = new pipelines.ChimeSDKMediaPipelines(options);
    const { requestHandler } = client.config;
    const original = requestHandler.handle.bind(requestHandler);
    requestHandler.handle = async (request, given) => {
      const result = await original(request, given);
      print("recorded", request.method, request.path, result.response.statusCode);
      return result;
    };
    await outcome(print, client.listMediaPipelines({ MaxResults: 3 }), ({ name }) => name);
    print(given.requests.length, given.requests[0]?.target);
  }, { steps: [answer(200, { MediaPipelines: [] })] });
});

test("an HttpsProxyAgent with headers and settings of TLS", async (t) => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], { keyType: "ec", algorithm: "sha256" });
  const secure = https.createServer({ cert, key }, (request, response) => response.end("{}")).listen(0, "127.0.0.1");
  const tunnels = [];
  const proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", ({ url, headers }, socket) => {
    tunnels.push([url.split(":")[0], headers["proxy-authorization"]]);
    const there = connect(secure.address().port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    for (const end of [socket, there]) end.on("error", () => {});
  });
  await Promise.all([once(secure, "listening"), once(proxy, "listening")]);
  t.after(() => [proxy, secure].forEach((each) => (each.close(), each.closeAllConnections())));
  await same(async (given) => {
    tunnels.length = 0;
    const headers = { "Proxy-Authorization": `Basic ${Buffer.from("me:pa ss").toString("base64")}` };
    const url = `http://127.0.0.1:${proxy.address().port}`;
    for (const httpsAgent of [new HttpsProxyAgent(url, { headers, keepAlive: true }), new HttpsProxyAgent(url.replace("//", "//me:secret@"), { rejectUnauthorized: false })]) {
      await outcome(given.print, list(given, { endpoint: "https://chime.example", requestHandler: new NodeHttpHandler({ httpsAgent }) }), ({ message }) => /certificate/.test(message));
    }
    given.print(tunnels);
  });
});

test("extensions", async () => {
  await same(async (given) => {
    const { pipelines, options, print } = given;
    const requestHandler = { handle: async ({ headers }) => ({ response: { statusCode: 200, headers: {}, body: Buffer.from(JSON.stringify({ NextToken: headers.authorization.split("/")[2] })) } }) };
    const extension = {
      configure(configuration) {
        configuration.setRegion(async () => "eu-central-1");
        configuration.setHttpHandler(requestHandler);
        configuration.setCredentials({ accessKeyId: "OTHER", secretAccessKey: "x" });
      },
    };
    const client = new pipelines.ChimeSDKMediaPipelines({ ...options, extensions: [extension] });
    await outcome(print, client.listMediaPipelines({}), ({ name }) => name);
    print(await client.config.region(), (await client.config.credentials()).accessKeyId, client.config.requestHandler === requestHandler);
  });
});
