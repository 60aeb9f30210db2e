// An install from a checkout's folder builds the native module where cargo is, and says what is missing where it is not. What cargo
// itself does is not under test: a program of its name gives what was built before.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { addon, addonFile } from "./packed.mjs";

const root = resolve(import.meta.dirname, "../..");

/** A checkout without a native module, a program's folder beside it, and a PATH without cargo. */
function checkout(t) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "chimeline-source-")));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(folder, "checkout");
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "node", "package.json", "Cargo.toml"], { cwd: root, encoding: "utf8" });
  for (const file of files.trim().split("\n").filter((name) => existsSync(join(root, name)))) cpSync(join(root, file), join(source, file));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  for (const tool of ["sh", "cat", "dirname", "uname", "sed"]) {
    const found = (process.env.PATH ?? "").split(":").map((path) => join(path, tool)).find(existsSync);
    if (found !== undefined) symlinkSync(found, join(bin, tool));
  }
  const program = join(folder, "program");
  mkdirSync(program);
  writeFileSync(join(program, "package.json"), JSON.stringify({ name: "program", private: true }));
  return { source, bin, program, env: { ...process.env, PATH: bin } };
}

/** `npm install` of the checkout's folder. */
function install({ source, program, env }) {
  const npm = execFileSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).trim();
  return spawnSync(process.execPath, [realpathSync(npm), "install", "--offline", "--no-audit", "--no-fund", source], { cwd: program, env, encoding: "utf8" });
}

function required(program, env) {
  return spawnSync(process.execPath, ["--eval", `new (require("chimeline").Chime)({}); console.log("made")`], { cwd: program, env, encoding: "utf8" });
}

test("with cargo the module is built at the install, and loads", (t) => {
  const place = checkout(t);
  const library = join(place.bin, "libchimeline_node.so");
  cpSync(addonFile(), library);
  const message = JSON.stringify({ reason: "compiler-artifact", filenames: [library] });
  writeFileSync(join(place.bin, "cargo"), `#!/bin/sh\necho "$@" > ${join(place.bin, "asked")}\necho '${message}'\n`);
  chmodSync(join(place.bin, "cargo"), 0o755);
  const done = install(place);
  assert.equal(done.status, 0, done.stderr);
  assert.ok(existsSync(join(place.source, "node", addon)));
  const { stdout, stderr } = required(place.program, place.env);
  assert.equal(stdout, "made\n", stderr);
});

test("without cargo the install fails and says what to install", (t) => {
  const place = checkout(t);
  const done = install(place);
  assert.notEqual(done.status, 0);
  assert.match(done.stderr, /chimeline: installed from its source, which takes Rust 1\.94 or later \(cargo, see https:\/\/rustup\.rs\) and a C compiler/);
  assert.match(done.stderr, /or the published package: npm install chimeline/);
});

test("a checkout in which nothing was built says so when it is loaded", (t) => {
  const { source, env } = checkout(t);
  const { stderr } = required(source, env);
  assert.ok(stderr.includes(`Error: chimeline's native module is not built in its checkout: run \`npm run prepare\` in ${source}, which takes Rust`), stderr);
});

test("a failed build fails the install", (t) => {
  const place = checkout(t);
  writeFileSync(join(place.bin, "cargo"), "#!/bin/sh\necho 'error: linker `cc` not found' >&2\nexit 101\n");
  chmodSync(join(place.bin, "cargo"), 0o755);
  const done = install(place);
  assert.notEqual(done.status, 0);
  assert.match(done.stderr, /linker `cc` not found[^]*the native module for \S+ could not be built; cargo says why above/);
});
