// Packs what build.mjs built into dist/: the package, and the package of each platform with the native module alone. With --all
// it fails unless every platform's is there; --repository URL names where the source is, which npm holds a provenance against; --limit BYTES is
// what no tarball may be larger than.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, run } from "./run.mjs";

const options = /** @type {const} */ ({ all: { type: "boolean", default: false }, limit: { type: "string", default: "Infinity" }, repository: { type: "string" } });
const { all, limit, repository } = parseArgs({ options }).values;
const source = repository === undefined ? {} : { repository: { type: "git", url: `git+${repository}.git` }, homepage: `${repository}#readme`, bugs: `${repository}/issues` };
const staging = join(root, "build/npm");
const dist = join(root, "dist");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

rmSync(staging, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
for (const file of readdirSync(dist)) if (file.endsWith(".tgz")) rmSync(join(dist, file));
run("napi", ["create-npm-dirs", "--npm-dir", "build/npm/platforms"]);

const platforms = readdirSync(join(staging, "platforms"));
const built = platforms.filter((platform) => existsSync(join(root, "node", binary(platform))));
if (built.length === 0) throw new Error("no native module in node/: run node/scripts/build.mjs first");
if (all && built.length < platforms.length) throw new Error(`no native module for ${platforms.filter((platform) => !built.includes(platform)).join(", ")}`);
for (const platform of built) {
  const folder = join(staging, "platforms", platform);
  cpSync(join(root, "node", binary(platform)), join(folder, binary(platform)));
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  const own = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...own, ...source }, null, 2) + "\n");
  pack(folder);
}

const { VERSION } = createRequire(import.meta.url)(join(root, "node/generated/version.cjs"));
if (VERSION !== manifest.version) throw new Error(`package.json is version ${manifest.version}, and Cargo.toml ${VERSION}`);
const main = join(staging, "main");
// The native module of a checkout is listed for those who install from its folder or a git URL.
const files = manifest.files.filter((path) => !path.endsWith(".node"));
for (const path of [...files, "LICENSE"]) cpSync(join(root, path), join(main, path), { recursive: true });
// What a user of Node reads first; its links are relative to its own place in the repository.
const readme = readFileSync(join(root, "node/README.md"), "utf8").replaceAll("](../", "](").replaceAll("](examples/", "](node/examples/");
for (const [, path] of readme.matchAll(/\]\((?!\w+:|#)([^)#]+)/g)) if (!existsSync(join(main, path))) throw new Error(`node/README.md links to ${path}, which is not packed`);
writeFileSync(join(main, "README.md"), readme);
// The manifest is private: what is published is packed here, with the packages of the platforms.
const { devDependencies, overrides, scripts, napi, private: _, ...published } = manifest;
published.files = files;
published.optionalDependencies = Object.fromEntries(platforms.map((platform) => [`${manifest.name}-${platform}`, manifest.version]));
writeFileSync(join(main, "package.json"), JSON.stringify({ ...published, ...source }, null, 2) + "\n");
pack(main);

function binary(platform) {
  return `${manifest.napi.binaryName}.${platform}.node`;
}

function pack(folder) {
  const packed = run("npm", ["pack", "--silent", "--pack-destination", dist], { cwd: folder, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" });
  const tarball = packed.stdout.trim();
  console.log(tarball);
  const { size } = statSync(join(dist, tarball));
  if (!(size <= Number(limit))) throw new Error(`${tarball} has ${size} bytes, and the limit is ${limit}`);
}
