// Runs the tests in an environment of their own, against the package that is installed in $CHIMELINE_NODE (build/node).
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const here = import.meta.dirname;
const installed = resolve(process.env.CHIMELINE_NODE ?? join(here, "../../build/node"));
if (!existsSync(join(installed, "node_modules/chimeline/package.json"))) {
  console.error(`no chimeline in ${installed}: run \`make install\`, or name the folder with CHIMELINE_NODE`);
  process.exit(2);
}

const home = mkdtempSync(join(tmpdir(), "chimeline-home-"));
mkdirSync(join(home, ".aws"));
const environment = {
  PATH: process.env.PATH,
  HOME: home,
  TZ: "UTC",
  LANG: "C.UTF-8",
  NO_COLOR: "1",
  AWS_EC2_METADATA_DISABLED: "true",
  CHIMELINE_NODE: installed,
};
// Where the packages of the slow tests are installed; they take minutes where the others have two.
const slow = process.env.CHIMELINE_SLOW;
if (slow !== undefined) environment.CHIMELINE_SLOW = slow;
const given = process.argv.slice(2);
const files = given.length > 0 ? given.map((file) => resolve(file)) : readdirSync(here).filter((file) => file.endsWith(".test.mjs")).map((file) => join(here, file));
const done = spawnSync(process.execPath, ["--expose-gc", "--test", `--test-timeout=${slow === undefined ? 120_000 : 1_800_000}`, ...files], { stdio: "inherit", env: environment });
rmSync(home, { recursive: true, force: true });
process.exit(done.status ?? 1);
