// The AWS CDK bundles the example of a Lambda function with esbuild; the function runs from what the CDK would upload.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { addon, platformPackage, scratch } from "../packed.mjs";
import { require } from "../support.mjs";

const { LocalChime } = require("chimeline/testing");
const run = promisify(execFile);
const slow = process.env.CHIMELINE_SLOW;

const stack = `const { App, Stack } = require("aws-cdk-lib");
const { NodejsFunction, OutputFormat } = require("aws-cdk-lib/aws-lambda-nodejs");
const { Runtime } = require("aws-cdk-lib/aws-lambda");
const stack = new Stack(new App({ outdir: "cdk.out" }), "Recorder");
const none = () => [];
const commandHooks = { beforeBundling: none, beforeInstall: none, afterBundling: (input, output) => [\`cp \${input}/node_modules/${platformPackage}/*.node \${output}\`] };
for (const format of [OutputFormat.CJS, OutputFormat.ESM]) {
  const bundling = { format, forceDockerBundling: false, commandHooks };
  const paths = { entry: \`\${__dirname}/lambda.mjs\`, projectRoot: __dirname, depsLockFilePath: \`\${__dirname}/package-lock.json\` };
  new NodejsFunction(stack, format, { ...paths, handler: "handler", runtime: Runtime.NODEJS_22_X, bundling });
}
stack.node.root.synth();
`;

test("what the CDK makes of a Lambda function runs, as CommonJS and as an ES module", { timeout: 600_000 }, async (t) => {
  assert.ok(slow && existsSync(join(slow, "node_modules/aws-cdk-lib")), "run `make check-all`, which installs the CDK");
  const folder = scratch(t);
  for (const name of ["aws-cdk-lib", "constructs", "esbuild", ".bin"]) symlinkSync(join(slow, "node_modules", name), join(folder, "node_modules", name));
  cpSync(join(import.meta.dirname, "../../../node/examples/lambda.mjs"), join(folder, "lambda.mjs"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "recorder", private: true }));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ name: "recorder", lockfileVersion: 3, packages: {} }));
  writeFileSync(join(folder, "app.cjs"), stack);
  await run(process.execPath, ["app.cjs"], { cwd: folder, env: { ...process.env, CDK_DISABLE_CLI_TELEMETRY: "1" } });
  rmSync(join(folder, "node_modules"), { recursive: true });

  const local = await LocalChime.start();
  t.after(() => local.stop());
  const assets = readdirSync(join(folder, "cdk.out")).filter((name) => name.startsWith("asset."));
  assert.equal(assets.length, 2);
  for (const asset of assets) {
    const task = join(folder, "cdk.out", asset);
    const [bundle] = readdirSync(task).filter((name) => name.startsWith("index."));
    assert.ok(existsSync(join(task, addon)));
    const event = { id: "event-1", region: "us-east-1", account: "111122223333", detail: { eventType: "chime:MeetingStarted", meetingId: "0e8f2a3c-1d2e-4f5a-8b7c-9d0e1f2a3b4c" } };
    const code = `const { handler } = await import("./${bundle}"); console.log(JSON.stringify(await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 10_000 })));`;
    const env = { ...process.env, ...local.environment, BUCKET_ARN: "arn:aws:s3:::recordings" };
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", code], { cwd: task, env });
    assert.equal(JSON.parse(stdout).recorded, true);
  }
});
