#!/usr/bin/env node
"use strict";
// The command line; `chimeline --help` lists what it does.
const { runCli } = require("../lib/wire/load_native.cjs");

// The signals are to end the command, or to be what it makes of them, for it runs on this thread: with its first listener gone, one
// is as the system has it, and no longer Node's, whose handler would raise it again for ever.
for (const signal of ["SIGINT", "SIGTERM"]) {
  const listener = () => {};
  process.on(signal, listener).off(signal, listener);
}
process.exit(runCli(["chimeline", ...process.argv.slice(2)]));
