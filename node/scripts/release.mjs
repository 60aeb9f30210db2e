// Builds the native module that is published for a platform: `release.mjs linux-x64-gnu`. For Linux it takes cargo-zigbuild and zig,
// and the C library may be as old as glibc 2.17, which is checked; for macOS and Windows it runs on those.
import { spawnSync } from "node:child_process";
import { addonOf, buildAddon } from "./addon.mjs";

/** The newest version of glibc that a module may ask for: that of RHEL 7, Amazon Linux 2 and Debian 8. */
const GLIBC = "2.17";

/** The target of Rust for each platform. */
const TARGETS = {
  "darwin-arm64": "aarch64-apple-darwin",
  "darwin-x64": "x86_64-apple-darwin",
  "linux-arm64-gnu": "aarch64-unknown-linux-gnu",
  "linux-arm64-musl": "aarch64-unknown-linux-musl",
  "linux-x64-gnu": "x86_64-unknown-linux-gnu",
  "linux-x64-musl": "x86_64-unknown-linux-musl",
  "win32-x64-msvc": "x86_64-pc-windows-msvc",
};

const platform = process.argv[2];
const target = TARGETS[platform];
if (target === undefined) throw new Error(`release.mjs takes one of ${Object.keys(TARGETS).join(", ")}, not ${platform}`);

const isGnu = platform.endsWith("-gnu");
const subcommand = platform.startsWith("linux-") ? "zigbuild" : "build";
// Else a library for musl would hold a C library of its own.
const env = platform.endsWith("-musl") ? { [`CARGO_TARGET_${target.replaceAll("-", "_").toUpperCase()}_RUSTFLAGS`]: "-C target-feature=-crt-static" } : {};
if (!buildAddon(platform, { subcommand, args: ["--target", isGnu ? `${target}.${GLIBC}` : target], env })) throw new Error("no cargo is in the PATH");
if (isGnu) checkGlibc(addonOf(platform));

/** Throws an Error for a module that asks for a newer version of glibc than it may. */
function checkGlibc(file) {
  const { stdout, status, error } = spawnSync("readelf", ["--version-info", "--wide", file], { encoding: "utf8" });
  if (error || status !== 0) throw new Error(`readelf, of binutils, cannot read ${file}`, { cause: error });
  const asked = new Set(Array.from(stdout.matchAll(/Name: GLIBC_(\d+\.\d+)/g), ([, version]) => version));
  if (asked.size === 0) throw new Error(`readelf names no version of glibc in ${file}`);
  const newer = [...asked].filter((version) => minor(version) > minor(GLIBC));
  if (newer.length > 0) throw new Error(`${file} asks for glibc ${newer.join(", ")}, which is newer than ${GLIBC}`);
  console.log(`${file} asks for no glibc newer than ${GLIBC}: ${[...asked].join(", ")}`);
}

/** Of `2.17` the 17: every glibc of today is version 2. */
function minor(version) {
  return Number(version.split(".")[1]);
}
