"use strict";
// Loads the native module: a file beside this code, or the package of this platform. No bundler can take an addon in, so none is
// shown a `require` of it: Node's modules come from `process.getBuiltinModule`, and the addon through a `require` made here.
const { places, resolved } = require("./places.cjs");
const { besidePackage, platformOf } = require("./platforms.cjs");
const { VERSION } = require("../../generated/version.cjs");

/** Napi's variable for the file of the native module. */
const PATH_VARIABLE = "NAPI_RS_NATIVE_LIBRARY_PATH";

/** @returns {typeof import("../../native.cjs")} */
function load() {
  const builtin = globalThis.process?.getBuiltinModule;
  if (builtin === undefined) {
    throw new Error("chimeline needs Node.js, from 20.16 or 22.3 on: it runs neither in browsers nor in edge runtimes");
  }
  const { existsSync } = builtin("node:fs");
  const path = builtin("node:path");
  const named = process.env[PATH_VARIABLE];
  if (named) return opened(path.resolve(named), ` of ${PATH_VARIABLE}`);
  const platform = platformOf();
  const name = `chimeline-${platform}`;
  const file = `chimeline.${platform}.node`;
  const froms = places();
  // In a checkout it lies two folders above this code.
  const beside = froms.map((from) => path.dirname(from)).flatMap((folder) => [path.join(folder, file), path.join(folder, "../..", file)]);
  const there = [...beside, besidePackage()[platform]].find((candidate) => candidate !== undefined && existsSync(candidate));
  if (there !== undefined) return opened(there);
  for (const from of froms) {
    // Where packages see only what they depend on themselves, this package sees its platform's, and a bundle does not.
    const found = resolved(from, `${name}/${file}`) ?? resolved(resolved(from, "chimeline/package.json"), `${name}/${file}`);
    if (found !== undefined) return opened(found);
  }
  if (typeof __dirname === "string" && existsSync(path.join(__dirname, "../../../Cargo.toml"))) {
    const root = path.join(__dirname, "../../..");
    throw new Error(`chimeline's native module is not built in its checkout: run \`npm run prepare\` in ${root}, which takes Rust 1.94 or later and a C compiler`);
  }
  throw new Error(
    `chimeline found no native module for this platform: the package ${name} is not installed, which npm leaves out with ` +
      "--omit=optional or when it installs from a lock file or node_modules of another platform; " +
      `run \`npm install ${name}@${VERSION}\`, and where this is a bundle keep node_modules with it or copy ${file} from that package to it`,
  );
}

/** What the file of a native module gives. */
function opened(file, origin = "") {
  let native;
  try {
    native = process.getBuiltinModule("node:module").createRequire(file)(file);
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`chimeline's native module, ${file}${origin}, does not load: ${message}`, { cause: error });
  }
  // For another process that needs it: how it was found is not repeated there.
  Object.defineProperty(native, "file", { value: file, configurable: true });
  if (native.VERSION === VERSION) return native;
  throw new Error(`chimeline ${VERSION} found a native module of version ${native.VERSION}, ${file}${origin}: install both anew`);
}

module.exports = load();
