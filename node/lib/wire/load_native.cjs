"use strict";
// The native module, by napi's loader: the package of this platform, or the module that was built beside the loader.
const native = require("../../native.cjs");
const { version } = require("../../../package.json");

if (native.VERSION !== version) {
  throw new Error(`chimeline ${version} found a native module of version ${native.VERSION}; install both anew`);
}
module.exports = native;
