"use strict";
// Makes errors out of the records of the native module.
const errors = require("../../generated/errors.cjs");
const { visible } = require("../errors/error_names.cjs");

/** What each failure of TLS is told, behind what the core knows of it: Node has a variable of its own. */
const TRUST = "a certificate is trusted by naming the PEM file of its authority with caBundle, AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS";

/** The error for a record of the native module. `service` gives the classes of what a service answered. */
function fromRecord(record, service) {
  const error = record.service ? answered(record.service, service) : new errors[record.class](record.message);
  if (record.errors) error.errors = record.errors;
  error.operation = record.operation ?? undefined;
  error.host = record.host ?? undefined;
  const hints = [record.hint, record.class === "SSLError" ? TRUST : undefined].filter((text) => text != null);
  if (hints.length > 0) visible(error, "hint", hints.join("; "));
  if (!record.service) addToFailure(error, record);
  error.attempts = record.attempts;
  return error;
}

/** What errors of the AWS SDK and of Node say of a failure without an answer. */
function addToFailure(error, { name, code, attempts }) {
  if (name != null) error.name = name;
  if (code != null) visible(error, "code", code);
  if (attempts.length === 0) return;
  const totalRetryDelay = attempts.reduce((sum, { delay }) => sum + (delay ?? 0), 0);
  visible(error, "$metadata", { attempts: attempts.length, totalRetryDelay });
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
