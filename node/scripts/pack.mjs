// Packs what build.mjs built into dist/: the package, and the package of this platform with the native module alone.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root, run } from "./run.mjs";

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
for (const platform of built) {
  const folder = join(staging, "platforms", platform);
  cpSync(join(root, "node", binary(platform)), join(folder, binary(platform)));
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  pack(folder);
}

const { VERSION } = createRequire(import.meta.url)(join(root, "node/generated/version.cjs"));
if (VERSION !== manifest.version) throw new Error(`package.json is version ${manifest.version}, and Cargo.toml ${VERSION}`);
const main = join(staging, "main");
for (const path of [...manifest.files, "README.md", "LICENSE"]) cpSync(join(root, path), join(main, path), { recursive: true });
// The manifest is private: what is published is packed here, with the packages of the platforms.
const { devDependencies, scripts, napi, private: _, ...published } = manifest;
published.optionalDependencies = Object.fromEntries(platforms.map((platform) => [`${manifest.name}-${platform}`, manifest.version]));
writeFileSync(join(main, "package.json"), JSON.stringify(published, null, 2) + "\n");
pack(main);

function binary(platform) {
  return `${manifest.napi.binaryName}.${platform}.node`;
}

function pack(folder) {
  run("npm", ["pack", "--silent", "--pack-destination", dist], { cwd: folder });
}
