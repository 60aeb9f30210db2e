"use strict";
// The platforms that a package with the native module exists for, by the names of napi.

/** The name of this platform; an Error where no module is built for it. */
function platformOf() {
  const { platform, arch } = process;
  const known = { linux: ["x64", "arm64"], darwin: ["x64", "arm64"], win32: ["x64"] };
  if (!known[platform]?.includes(arch)) {
    throw new Error(`chimeline has no native module for ${platform} on ${arch}, but for Linux and macOS on x64 and arm64 and for Windows on x64`);
  }
  if (platform === "linux") return `linux-${arch}-${isMusl() ? "musl" : "gnu"}`;
  return platform === "win32" ? `win32-${arch}-msvc` : `${platform}-${arch}`;
}

/** Whether the C library is musl. Node's report tells for sure, and takes a hundred times as long as a look at `ldd`. */
function isMusl() {
  try {
    return process.getBuiltinModule("node:fs").readFileSync("/usr/bin/ldd", "latin1").includes("musl");
  } catch {
    const report = /** @type {any} */ (process.report);
    // Else the report looks up the names of all addresses.
    report.excludeNetwork = true;
    return report.getReport().header.glibcVersionRuntime === undefined;
  }
}

/**
 * The file of each platform's package where npm puts it, beside this package. The paths are written out for the tools that copy
 * what a program needs (those of Next.js and Vercel, ncc): they follow `__dirname`, and take only what exists.
 */
function besidePackage() {
  if (typeof __dirname !== "string") return {};
  return {
    "darwin-arm64": __dirname + "/../../../../chimeline-darwin-arm64/chimeline.darwin-arm64.node",
    "darwin-x64": __dirname + "/../../../../chimeline-darwin-x64/chimeline.darwin-x64.node",
    "linux-arm64-gnu": __dirname + "/../../../../chimeline-linux-arm64-gnu/chimeline.linux-arm64-gnu.node",
    "linux-arm64-musl": __dirname + "/../../../../chimeline-linux-arm64-musl/chimeline.linux-arm64-musl.node",
    "linux-x64-gnu": __dirname + "/../../../../chimeline-linux-x64-gnu/chimeline.linux-x64-gnu.node",
    "linux-x64-musl": __dirname + "/../../../../chimeline-linux-x64-musl/chimeline.linux-x64-musl.node",
    "win32-x64-msvc": __dirname + "/../../../../chimeline-win32-x64-msvc/chimeline.win32-x64-msvc.node",
  };
}

module.exports = { besidePackage, platformOf };
