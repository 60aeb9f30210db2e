// Programs that a bundler made one file of: they run where the platform's package is in reach or its file lies beside them, and say
// what is missing where neither is.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import { nodeFileTrace } from "@vercel/nft";
import * as esbuild from "esbuild";
import { rollup } from "rollup";
import * as tsup from "tsup";
import webpack from "webpack";
import { addon, addonFile, platformPackage, scratch } from "./packed.mjs";

const run = promisify(execFile);
const TOLD = "bundled\nParamValidationError true true\nNotFoundException true\n";

/** Each gives the file that it made, of a program in a folder with `node_modules`. */
const tools = {
  "esbuild, ES module": (folder) => esbuilt(folder, "bundle.mjs", { format: "esm" }),
  "esbuild, CommonJS": (folder) => esbuilt(folder, "bundle.cjs", { format: "cjs" }),
  "esbuild, minified, as serverless-esbuild and SAM call it": (folder) => esbuilt(folder, "bundle.js", { format: "cjs", minify: true, sourcemap: true, target: "node20" }),
  "esbuild, as the CDK calls it": (folder) => esbuilt(folder, "bundle.js", { target: "node20", external: ["@aws-sdk/*", "@smithy/*"] }),
  "tsup, ES module": (folder) => tsupped(folder, "esm"),
  "tsup, CommonJS": (folder) => tsupped(folder, "cjs"),
  "webpack, CommonJS": (folder) => webpacked(folder, { mode: "production" }),
  "webpack, development": (folder) => webpacked(folder, { mode: "development" }),
  "webpack, ES module": (folder) => webpacked(folder, { mode: "production", experiments: { outputModule: true } }),
  "rollup, ES module": (folder) => rolledUp(folder, "bundle.mjs", "es"),
  "rollup, CommonJS": (folder) => rolledUp(folder, "bundle.cjs", "cjs"),
};

for (const [tool, build] of Object.entries(tools)) {
  test(`${tool}: the bundle runs beside node_modules, beside the addon, and else says what is missing`, async (t) => {
    const folder = program(t);
    const bundle = await build(folder);
    assert.equal(await told(bundle), TOLD);

    const away = mkdtempSync(join(tmpdir(), "chimeline-bundle-"));
    t.after(() => rmSync(away, { recursive: true, force: true }));
    const moved = join(away, basename(bundle));
    cpSync(bundle, moved);
    const { code, stderr } = await run(process.execPath, [moved], { cwd: away }).catch((error) => error);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Error: chimeline found no native module for this platform: the package ${platformPackage} is not installed`));
    assert.match(stderr, new RegExp(`npm install ${platformPackage}@\\d.*copy ${addon.replaceAll(".", "\\.")} from that package to it`));

    cpSync(addonFile(), join(away, addon));
    // From another working directory, as Lambda's.
    const { stdout } = await run(process.execPath, [moved], { cwd: tmpdir() });
    assert.equal(stdout, TOLD);
  });
}

test("a bundle that leaves the package out, as the CDK does for nodeModules, finds it installed", async (t) => {
  const folder = program(t);
  const bundle = await esbuilt(folder, "bundle.js", { format: "cjs", target: "node20", external: ["chimeline"] });
  assert.equal(await told(bundle), TOLD);
});

test("a tracer of files, as Next.js and Vercel use it, takes the platform's module along", async (t) => {
  const folder = program(t);
  const { fileList, warnings } = await nodeFileTrace([join(folder, "program.mjs")], { base: folder });
  assert.ok(fileList.has(join("node_modules", platformPackage, addon)));
  assert.deepEqual([...warnings], []);
  const copy = join(folder, "copy");
  for (const file of fileList) cpSync(join(folder, file), join(copy, file));
  rmSync(join(folder, "node_modules"), { recursive: true });
  assert.equal(await told(join(copy, "program.mjs")), TOLD);
});

test("what is built for a browser says that it is not for one", async (t) => {
  const folder = program(t);
  const bundle = await esbuilt(folder, "bundle.mjs", { platform: "browser", format: "esm" });
  const shown = await run(process.execPath, ["--input-type=module", "--eval", `process = undefined; await import(${JSON.stringify(bundle)})`]).catch((error) => error);
  assert.match(shown.stderr, /Error: chimeline needs Node\.js, from 20\.16 or 22\.3 on: it runs neither in browsers nor in edge runtimes/);
});

function program(t) {
  const folder = scratch(t);
  cpSync(join(import.meta.dirname, "bundles/program.mjs"), join(folder, "program.mjs"));
  mkdirSync(join(folder, "out"));
  return folder;
}

async function told(file) {
  const { stdout } = await run(process.execPath, [file]);
  return stdout;
}

async function esbuilt(folder, name, options) {
  const outfile = join(folder, "out", name);
  const { warnings } = await esbuild.build({ absWorkingDir: folder, entryPoints: ["program.mjs"], bundle: true, platform: "node", outfile, logLevel: "silent", ...options });
  assert.deepEqual(warnings, []);
  return outfile;
}

async function tsupped(folder, format) {
  const entry = { bundle: join(folder, "program.mjs") };
  await tsup.build({ config: false, silent: true, entry, format: [format], outDir: join(folder, "out"), noExternal: [/chimeline/], platform: "node" });
  const [made] = readdirSync(join(folder, "out")).filter((file) => file.startsWith("bundle."));
  return join(folder, "out", made);
}

async function webpacked(folder, options) {
  const isModule = options.experiments?.outputModule === true;
  const output = { path: join(folder, "out"), module: isModule, filename: isModule ? "bundle.mjs" : "bundle.cjs", chunkFormat: isModule ? "module" : "commonjs" };
  const stats = await promisify(webpack)({ target: "node20", context: folder, entry: "./program.mjs", output, ...options });
  assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).errors, []);
  assert.deepEqual(stats.toJson({ all: false, errors: true, warnings: true }).warnings, []);
  return join(output.path, output.filename);
}

async function rolledUp(folder, name, format) {
  const warnings = [];
  const bundle = await rollup({ input: join(folder, "program.mjs"), plugins: [nodeResolve(), commonjs()], onwarn: ({ message }) => warnings.push(message) });
  await bundle.write({ file: join(folder, "out", name), format });
  await bundle.close();
  assert.deepEqual(warnings.filter((message) => !message.startsWith("Circular dependency")), []);
  return join(folder, "out", name);
}
