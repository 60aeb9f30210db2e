"use strict";
// What must be heard: to the logger of a client, else as a warning of the process.
const { NoLogger } = require("../client/logging.cjs");

/** A function that says a text, aloud. */
function logged(client) {
  const { logger } = client.config;
  if (logger == null || logger instanceof NoLogger || typeof logger.error !== "function") return (text) => process.emitWarning(text, "ChimelineWarning");
  return (text) => logger.error(text);
}

module.exports = { logged };
