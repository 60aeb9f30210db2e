// Builds the native module for this machine, stripped, and its types: node/chimeline.PLATFORM.node, node/native.d.cts.
// With --debug, quickly and for tests alone.
import { run } from "./run.mjs";

const release = process.argv.includes("--debug") ? [] : ["--release", "--strip"];
const paths = ["--manifest-path", "crates/node/Cargo.toml", "--package-json-path", "package.json", "--output-dir", "node"];
run("napi", ["build", "--platform", ...release, ...paths, "--no-js", "--dts", "native.d.cts", "--", "--locked"]);
