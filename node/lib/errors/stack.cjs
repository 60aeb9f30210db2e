"use strict";
// Where the stacks of errors begin.
const { ChimelineError } = require("./error_classes.cjs");

/**
 * The error with a stack that begins at the caller of the function, which is a frame of it now. Behind the message comes its
 * hint, for test reports show the stack alone. Where nobody awaits the function there is no such caller, and the frames stay.
 */
function fromCaller(error, func) {
  if (!(error instanceof ChimelineError)) return error;
  const head = { name: error.name, message: error.hint === undefined ? error.message : `${error.message}\n    hint: ${error.hint}` };
  const title = `${head.name}: ${head.message}`;
  Error.captureStackTrace(head, func);
  // What a program's own `Error.prepareStackTrace` makes may be anything.
  const { stack } = /** @type {any} */ (head);
  if (typeof stack !== "string") return error;
  if (stack.length > title.length) {
    // Node shows the line of the first frame that was captured, unless the text of the stack was made or set: so it is defined.
    Error.captureStackTrace(error, func);
    define(error, stack);
  } else if (typeof error.stack === "string") {
    define(error, title + framesOf(error.stack));
  }
  return error;
}

function define(error, stack) {
  delete error.stack;
  Object.defineProperty(error, "stack", { value: stack, writable: true, enumerable: false, configurable: true });
}

function framesOf(stack) {
  const at = stack.search(/\n +at /);
  return at < 0 ? "" : stack.slice(at);
}

module.exports = { fromCaller };
