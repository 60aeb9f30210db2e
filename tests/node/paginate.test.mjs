import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { answer, at, caught, require, Server } from "./support.mjs";

const pipelines = require("chimeline/client-chime-sdk-media-pipelines");
const meetings = require("chimeline/client-chime-sdk-meetings");
const legacy = require("chimeline/client-chime");
const { ChimeSDKMediaPipelines, ListMediaPipelinesCommand, paginateListMediaPipelines } = pipelines;

let server;
before(async () => (server = await Server.start()));
after(() => server.stop());
beforeEach(() => (server.requests.length = 0));

const page = (ids, NextToken) => answer(200, { MediaPipelines: ids.map((MediaPipelineId) => ({ MediaPipelineId })), NextToken });
const asked = () => server.requests.map(({ target }) => target.split("?")[1] ?? "");

async function ids(pages) {
  const out = [];
  for await (const { MediaPipelines } of pages) out.push(MediaPipelines.map(({ MediaPipelineId }) => MediaPipelineId));
  return out;
}

test("pages follow one another by their token", async () => {
  server.queue(page(["a", "b"], "t-1"), page(["c"], "t/2"), page([]));
  const client = at(server, ChimeSDKMediaPipelines);
  assert.deepEqual(await ids(paginateListMediaPipelines({ client, pageSize: 2 }, {})), [["a", "b"], ["c"], []]);
  assert.deepEqual(asked(), ["max-results=2", "next-token=t-1&max-results=2", "next-token=t%2F2&max-results=2"]);
});

test("it goes on from a token, and the input's own page size wins", async () => {
  server.queue(page(["x"]));
  const client = at(server, ChimeSDKMediaPipelines);
  await ids(paginateListMediaPipelines({ client, pageSize: 2, startingToken: "later" }, { MaxResults: 9 }));
  assert.deepEqual(asked().map((query) => query.split("&").sort()), [["max-results=9", "next-token=later"]]);
});

test("stopOnSameToken ends where a service repeats itself", async () => {
  server.queue(page(["a"], "same"), page(["b"], "same"));
  const client = at(server, ChimeSDKMediaPipelines);
  assert.deepEqual(await ids(client.paginateListMediaPipelines({}, { stopOnSameToken: true })), [["a"], ["b"]]);
});

test("withCommand sees each command, options go to each call, and a foreign client is refused", async () => {
  server.queue(page(["a"], "t"), page(["b"]));
  const client = at(server, ChimeSDKMediaPipelines);
  const seen = [];
  const withCommand = (command) => (seen.push(command.input), command);
  await ids(paginateListMediaPipelines({ client, withCommand }, {}, { timeout: 5000 }));
  assert.equal(seen.length, 2);
  const pages = paginateListMediaPipelines({ client: at(server, legacy.Chime) }, {});
  assert.match((await caught(pages.next())).message, /config\.client must be a ChimeSDKMediaPipelinesClient/);
  const aborted = paginateListMediaPipelines({ client }, {}, { abortSignal: AbortSignal.abort() });
  assert.equal((await caught(aborted.next())).name, "AbortError");
});

test("every list operation with a token has a paginator", () => {
  const names = [legacy, pipelines, meetings].flatMap((module) => Object.keys(module).filter((name) => name.startsWith("paginate")));
  assert.deepEqual(names.sort(), [
    "paginateListAttendees",
    "paginateListMediaCapturePipelines",
    "paginateListMediaCapturePipelines",
    "paginateListMediaInsightsPipelineConfigurations",
    "paginateListMediaPipelineKinesisVideoStreamPools",
    "paginateListMediaPipelines",
  ]);
  assert.ok(new ListMediaPipelinesCommand().input);
});
