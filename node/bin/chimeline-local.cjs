#!/usr/bin/env node
"use strict";
// The local service as a command; --help lists the arguments.
const { runLocal } = require("../lib/native.cjs");

process.exitCode = runLocal(process.argv.slice(2));
