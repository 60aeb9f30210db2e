// The AWS SDK for JavaScript v3; with the variant `chimeline` the same program on chimeline.
"use strict";

const { createRequire } = require("node:module");
const path = require("node:path");

const { options, request, run } = require("./load.cjs");

const from = createRequire(path.join(process.env.BENCH_NODE, "x.js"));
const scope = options.variant === "chimeline" ? "chimeline" : "@aws-sdk";
const sdk = from(`${scope}/client-chime-sdk-media-pipelines`);

const client = new sdk.ChimeSDKMediaPipelinesClient({ endpoint: options.endpoint });
const input = request();
run(() => client.send(new sdk.CreateMediaCapturePipelineCommand(input)))
  .then(() => client.destroy())
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
