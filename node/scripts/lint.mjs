// Checks the JavaScript: its syntax and, by its declarations, its types; that the hand-written files stay short and their folders
// small; that modules require each other in one direction only; and that they reach those of Node in the way that bundlers leave alone.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run } from "./run.mjs";

const LINES = 450;
const FILES = 14;
const listed = execFileSync("git", ["ls-files", "node", "tests/node", "tests/demo"], { cwd: root, encoding: "utf8" }).split("\n");
const written = listed.filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.startsWith("node/generated/"));

for (const file of written) {
  const text = readFileSync(join(root, file), "utf8");
  if (text.split("\n").length > LINES) throw new Error(`${file} has more than ${LINES} lines`);
  if (/[ \t]$/m.test(text) || !text.endsWith("\n")) throw new Error(`${file} has spaces at the end of a line, or no end of its last one`);
  // In an ES module that esbuild makes, a `require` of them fails when it is called.
  if (/^node\/lib\//.test(file) && /\brequire\("node:/.test(text)) throw new Error(`${file} has a require of a module of Node: use process.getBuiltinModule`);
}
const folders = written.filter((file) => file.startsWith("node/lib/")).map((file) => dirname(file));
for (const folder of new Set(folders)) {
  if (folders.filter((other) => other === folder).length > FILES) throw new Error(`${folder} has more than ${FILES} files`);
}

const modules = new Map(listed.filter((file) => /^node\/(lib|generated|bin)\/.*\.cjs$/.test(file)).map((file) => [file, requires(file)]));
for (const file of modules.keys()) refuseCircle([file]);

/** The modules of the package that a module requires, inside of functions too. */
function requires(file) {
  const text = readFileSync(join(root, file), "utf8");
  return Array.from(text.matchAll(/require\("(\.[^"]+)"\)/g), ([, path]) => join(dirname(file), path));
}

function refuseCircle(path) {
  for (const next of modules.get(path.at(-1)) ?? []) {
    if (next === path[0]) throw new Error(`modules require each other in a circle: ${[...path, next].join(" -> ")}`);
    if (!path.includes(next)) refuseCircle([...path, next]);
  }
}

for (const file of listed.filter((name) => /\.[cm]js$/.test(name))) run(process.execPath, ["--check", file]);
run("tsc", ["--project", "node/tsconfig.json"]);
