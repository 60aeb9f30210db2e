// Checks the JavaScript: its syntax and, by its declarations, its types; that the hand-written files stay short;
// and that the package reaches Node's modules in the way that is left alone by bundlers.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run.mjs";

const LINES = 450;
const listed = execFileSync("git", ["ls-files", "node", "tests/node", "tests/demo"], { cwd: root, encoding: "utf8" }).split("\n");
const written = listed.filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.startsWith("node/generated/"));

for (const file of written) {
  const text = readFileSync(join(root, file), "utf8");
  if (text.split("\n").length > LINES) throw new Error(`${file} has more than ${LINES} lines`);
  if (/[ \t]$/m.test(text) || !text.endsWith("\n")) throw new Error(`${file} has spaces at the end of a line, or no end of its last one`);
  // In an ES module that esbuild makes, a `require` of them fails when it is called.
  if (/^node\/lib\//.test(file) && /\brequire\("node:/.test(text)) throw new Error(`${file} has a require of a module of Node: use process.getBuiltinModule`);
}
for (const file of listed.filter((name) => /\.[cm]js$/.test(name))) run(process.execPath, ["--check", file]);
run("tsc", ["--project", "node/tsconfig.json"]);
