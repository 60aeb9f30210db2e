#!/usr/bin/env node
"use strict";
// The local service as a command; --help lists the arguments.
const { runLocal } = require("../lib/wire/load_native.cjs");

// The command handles these itself, and passes each on to the handler that it finds: Node's own would raise it again, for ever.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
process.exit(runLocal(process.argv.slice(2)));
