// A program for the AWS SDK for JavaScript v3 moves over by its imports, and says the same.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { test } from "node:test";
import { installed, require } from "./support.mjs";

const { LocalChime } = require("chimeline/testing");
const run = promisify(execFile);

test("a program of the AWS SDK says the same with chimeline", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "chimeline-habit-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(resolve(import.meta.dirname, "../../node_modules/@aws-sdk"), join(folder, "node_modules/@aws-sdk"));
  symlinkSync(join(installed, "node_modules/chimeline"), join(folder, "node_modules/chimeline"));
  const script = readFileSync(join(import.meta.dirname, "habit/script.mjs"), "utf8");
  const told = {};
  for (const prefix of ["@aws-sdk/", "chimeline/"]) {
    const file = join(folder, `${prefix.replace(/\W/g, "")}.mjs`);
    writeFileSync(file, script.replaceAll('from "@aws-sdk/', `from "${prefix}`));
    const local = await LocalChime.start();
    const { stdout } = await run(process.execPath, [file], { env: { ...process.env, ...local.environment } });
    await local.stop();
    told[prefix] = stdout;
  }
  assert.equal(told["chimeline/"], told["@aws-sdk/"]);
  assert.match(told["chimeline/"], /^not found: \[\s+'NotFoundException'/m);
});
