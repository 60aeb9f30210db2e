// A program that moved from the AWS SDK, for the compilers and ways of finding modules that programs are built with.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { installed } from "./support.mjs";

const root = resolve(import.meta.dirname, "../..");
const program = readFileSync(join(import.meta.dirname, "types/moved.ts"), "utf8");
let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "chimeline-resolution-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(installed, "node_modules/chimeline"), join(folder, "node_modules/chimeline"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const compiler of ["typescript", "typescript-4.9"]) {
  const ways = [["node10", "commonjs"], ["node16", "node16"], ["nodenext", "nodenext"], ["bundler", "esnext"]];
  for (const [moduleResolution, module] of ways.filter(([name]) => compiler === "typescript" || name !== "bundler")) {
    test(`${compiler} accepts a program that finds modules by ${moduleResolution}`, () => {
      const project = join(folder, `${compiler}-${moduleResolution}`);
      mkdirSync(project, { recursive: true });
      writeFileSync(join(project, "program.ts"), program);
      const resolution = compiler === "typescript" || moduleResolution !== "node10" ? moduleResolution : "node";
      // The declarations of Node need a newer compiler than 4.9.
      const options = { strict: true, module, moduleResolution: resolution, target: "es2022", lib: ["es2022", "dom"], noEmit: true, types: [], esModuleInterop: true, skipLibCheck: compiler !== "typescript", preserveSymlinks: true, ...(compiler === "typescript" ? { lib: ["es2022", "dom", "esnext.disposable"] } : {}) };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: options, files: ["program.ts"] }));
      const done = spawnSync(process.execPath, [join(root, "node_modules", compiler, "bin/tsc"), "--project", project, "--pretty", "false"], { encoding: "utf8" });
      assert.equal(done.stdout + done.stderr, "", moduleResolution);
    });
  }
}
