"use strict";
// Makes errors out of the records of the native module.
const errors = require("../../generated/errors.cjs");

/** The error for a record of the native module. `service` gives the classes of what a service answered. */
function fromRecord(record, service) {
  const error = record.service ? answered(record.service, service) : new errors[record.class](record.message);
  if (record.errors) error.errors = record.errors;
  error.operation = record.operation ?? undefined;
  error.host = record.host ?? undefined;
  error.hint = record.hint ?? undefined;
  error.attempts = record.attempts;
  return error;
}

function answered({ code, message, class: known, members, metadata, headers }, service) {
  const status = metadata.httpStatusCode;
  const Class = known === null ? service.exception : errors[known];
  for (const name in metadata) metadata[name] ??= undefined;
  const { Message, message: _, ...rest } = members;
  return new Class({
    ...rest,
    name: typeof code === "string" && code !== "" ? code : String(status),
    message: (typeof message === "string" ? message : message && JSON.stringify(message)) || "UnknownError",
    $fault: status >= 500 ? "server" : "client",
    $metadata: metadata,
    $response: { statusCode: status, headers },
    $service: service.name,
  });
}

module.exports = { fromRecord };
