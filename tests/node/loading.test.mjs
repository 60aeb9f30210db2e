// How the native module is found, and what is said where it is not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addon, addonFile, platformPackage, scratch } from "./packed.mjs";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
const USED = `const { Chime } = require("chimeline"); new Chime({}); console.log("made");`;

/** What a program in the folder says: its output, or the line of its error. */
function told(folder, { before = "", env = {} } = {}) {
  const { stdout, stderr } = spawnSync(process.execPath, ["--eval", `${before};${USED}`], { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } });
  return stdout.trim() || /^Error: .*$/m.exec(stderr)?.[0] || stderr;
}

test("a platform's package that npm left out is named in one sentence, with why and what to do", (t) => {
  const folder = scratch(t, { platform: false });
  const line = told(folder);
  assert.match(line, new RegExp(`^Error: chimeline found no native module for this platform: the package ${platformPackage} is not installed, which npm leaves out with`));
  assert.ok(line.includes(`run \`npm install ${platformPackage}@${version}\``), line);
  assert.doesNotMatch(line, /wasm|wasi/i);
});

test("the module is found where packages see only what they depend on themselves", (t) => {
  const folder = scratch(t);
  const store = join(folder, "node_modules/.store/chimeline@0.1.0/node_modules");
  mkdirSync(store, { recursive: true });
  for (const name of ["chimeline", platformPackage]) renameSync(join(folder, "node_modules", name), join(store, name));
  symlinkSync(join(store, "chimeline"), join(folder, "node_modules/chimeline"));
  assert.equal(told(folder), "made");
  // As a bundle in that folder sees it, whose own file is elsewhere.
  const code = "node_modules/chimeline/node/lib/wire/load_native.cjs";
  const text = readFileSync(join(folder, code), "utf8").replace(/require\("(\.[^"]*)"\)/g, (_, path) => `require("./${join("node_modules/chimeline/node/lib/wire", path)}")`);
  writeFileSync(join(folder, "bundle.cjs"), text.replace("besidePackage()[platform]", "undefined"));
  const { stdout, stderr } = spawnSync(process.execPath, ["--print", `require("./bundle.cjs").VERSION`], { cwd: folder, encoding: "utf8" });
  assert.equal(stdout.trim(), version, stderr);
});

test("napi's variable names another file, which is used or told of, never passed over", (t) => {
  const folder = scratch(t, { platform: false });
  cpSync(addonFile(), join(folder, "elsewhere.node"));
  assert.equal(told(folder, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: "elsewhere.node" } }), "made");
  const line = told(folder, { env: { NAPI_RS_NATIVE_LIBRARY_PATH: "nowhere.node" } });
  assert.match(line, /^Error: chimeline's native module, \/.*nowhere\.node of NAPI_RS_NATIVE_LIBRARY_PATH, does not load: Cannot find module/);
});

test("a module that the system cannot load is told of with the system's reason", (t) => {
  const folder = scratch(t);
  const file = join(folder, "node_modules", platformPackage, addon);
  writeFileSync(file, "not a library");
  const line = told(folder);
  assert.ok(line.startsWith("Error: chimeline's native module, ") && line.includes(`${addon}, does not load: `), line);
});

test("a module of another version is told of with both versions", (t) => {
  const folder = scratch(t);
  writeFileSync(join(folder, "node_modules/chimeline/node/generated/version.cjs"), `module.exports = { VERSION: "9.9.9" };`);
  assert.match(told(folder), new RegExp(`^Error: chimeline 9\\.9\\.9 found a native module of version ${version.replaceAll(".", "\\.")}, .*: install both anew`));
});

test("a platform that nothing is built for is told of by its name", (t) => {
  const folder = scratch(t);
  const line = told(folder, { before: `Object.defineProperty(process, "platform", { value: "freebsd" })` });
  assert.match(line, /^Error: chimeline has no native module for freebsd on \w+, but for Linux and macOS on x64 and arm64 and for Windows on x64/);
});

test("the C library is told by ldd, and without it by Node's report", { skip: process.platform !== "linux" }, (t) => {
  const folder = scratch(t, { platform: false });
  const reading = (body) => `const fs = require("fs"); const { readFileSync } = fs; fs.readFileSync = (file, ...rest) => { if (file === "/usr/bin/ldd") { ${body} } return readFileSync(file, ...rest); }`;
  assert.match(told(folder, { before: reading(`return "/lib/ld-musl-x86_64.so.1";`) }), new RegExp(`the package chimeline-linux-${process.arch}-musl is not installed`));
  const report = (header) => `process.report.getReport = () => ({ header: ${header} })`;
  const gone = reading(`throw new Error("ENOENT");`);
  assert.match(told(folder, { before: `${gone};${report("{}")}` }), new RegExp(`chimeline-linux-${process.arch}-musl is not`));
  assert.match(told(folder, { before: `${gone};${report('{ glibcVersionRuntime: "2.36" }')}` }), new RegExp(`chimeline-linux-${process.arch}-gnu is not`));
});

test("the local service's command finds the module too", (t) => {
  const folder = scratch(t);
  const { stdout, status } = spawnSync(process.execPath, [join(folder, "node_modules/chimeline/node/bin/chimeline-local.cjs"), "--help"], { encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stdout, /--port/);
});
