"use strict";
// Loads the native module: a file beside this code, or the package of this platform. No bundler can take an addon in, so none is
// shown a `require` of it: Node's modules come from `process.getBuiltinModule`, and the addon through a `require` made here.
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
  const places = placesOf(path);
  // In a checkout it lies two folders above this code.
  const beside = places.map((place) => path.dirname(place)).flatMap((folder) => [path.join(folder, file), path.join(folder, "../..", file)]);
  const there = [...beside, besidePackage()[platform]].find((candidate) => candidate !== undefined && existsSync(candidate));
  if (there !== undefined) return opened(there);
  for (const place of places) {
    // Where packages see only what they depend on themselves, this package sees its platform's, and a bundle does not.
    const found = resolved(place, `${name}/${file}`) ?? resolved(resolved(place, "chimeline/package.json"), `${name}/${file}`);
    if (found !== undefined) return opened(found);
  }
  throw new Error(
    `chimeline found no native module for this platform: the package ${name} is not installed, which npm leaves out with ` +
      "--omit=optional or when it installs from a lock file or node_modules of another platform; " +
      `run \`npm install ${name}@${VERSION}\`, and where this is a bundle keep node_modules with it or copy ${file} from that package to it`,
  );
}

/** The files from which to look: this one, the bundle that it became a part of, the program, and one in the working directory. */
function placesOf(path) {
  const { fileURLToPath } = process.getBuiltinModule("node:url");
  const given = [typeof __filename === "string" ? __filename : undefined, ownFile(), process.argv[1], path.resolve("x.js")];
  const files = given.map((file) => (file?.startsWith("file:") ? fileURLToPath(file) : file));
  return [...new Set(files.filter((file) => file !== undefined && path.isAbsolute(file)))];
}

/** The file that this code runs from: an ES module that it was bundled into has no `__filename`. */
function ownFile() {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, [site]) => [site?.getFileName() ?? undefined];
    const { stack } = new Error();
    return Array.isArray(stack) ? stack[0] : undefined;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}

/** The file that a module's name leads to from another file, if it does. */
function resolved(from, name) {
  try {
    return from && process.getBuiltinModule("node:module").createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
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
  if (native.VERSION === VERSION) return native;
  throw new Error(`chimeline ${VERSION} found a native module of version ${native.VERSION}, ${file}${origin}: install both anew`);
}

module.exports = load();
