// Builds the native module for a platform with cargo, optimized, into node/chimeline.PLATFORM.node.
import { spawnSync } from "node:child_process";
import { copyFileSync, renameSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** Where the native module of a platform lies in a checkout. */
export function addonOf(platform) {
  return join(root, "node", `chimeline.${platform}.node`);
}

/** Builds it; false where there is no cargo, or not that subcommand's program. Ends this process if the build fails. */
export function buildAddon(platform, { subcommand = "build", args = [], env = {} } = {}) {
  const built = spawnSync("cargo", [subcommand, "--release", "--locked", "--package", "chimeline-node", "--message-format", "json-render-diagnostics", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, ...env },
    maxBuffer: 1 << 30,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (/** @type {any} */ (built.error)?.code === "ENOENT") return false;
  if (built.error) throw built.error;
  if (built.status !== 0) {
    console.error(`chimeline: the native module for ${platform} could not be built; cargo says why above`);
    process.exit(built.status ?? 1);
  }
  // Under another name first: a program that has the old one open keeps it.
  copyFileSync(library(built.stdout), `${addonOf(platform)}.new`);
  renameSync(`${addonOf(platform)}.new`, addonOf(platform));
  return true;
}

/** The library that cargo made, wherever its target folder is. */
function library(messages) {
  const files = messages.split("\n").filter((line) => line.startsWith("{")).flatMap((line) => JSON.parse(line).filenames ?? []);
  const made = files.find((file) => /chimeline_node\.(so|dylib|dll)$/.test(file));
  if (made === undefined) throw new Error("cargo told of no library that it made");
  return made;
}
