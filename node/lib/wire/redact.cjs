"use strict";
// Inputs and outputs as logs may show them, by what the services' models mark as sensitive.
const native = require("./load_native.cjs");

/** What the AWS SDK writes in place of a sensitive value. */
const HIDDEN = "***SensitiveInformation***";

/** The members of an input and of an output without the values that are sensitive. */
function withoutSensitive(operation, input, output) {
  operation.logged ??= JSON.parse(native.loggedShapes(operation.service.name, operation.name));
  const { logged } = operation;
  return { input: filtered(logged.input, input), output: filtered(logged.output, output) };
}

/** `shape` is `true` for what is sensitive, `{ members }`, `{ item }`, `{ value }`, or null for what has no parts. */
function filtered(shape, value) {
  if (value == null || shape === null) return value;
  if (shape === true) return HIDDEN;
  if (typeof value !== "object") return value;
  if (shape.item !== undefined) return Array.isArray(value) ? value.map((item) => filtered(shape.item, item)) : HIDDEN;
  if (shape.value !== undefined) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, filtered(shape.value, member)]));
  const out = {};
  for (const name in shape.members) {
    const member = value[name];
    if (member != null) out[name] = filtered(shape.members[name], member);
  }
  return out;
}

module.exports = { withoutSensitive };
