"use strict";
module.exports = require("./wire/load_native.cjs");
