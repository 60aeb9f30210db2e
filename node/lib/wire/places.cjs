"use strict";
// Where this code looks for files and packages that no bundler shall take in.

/** The files from which to look: this one, the bundle that it became a part of, the program, and one in the working directory. */
function places() {
  const path = process.getBuiltinModule("node:path");
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

module.exports = { places, resolved };
