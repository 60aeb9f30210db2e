"use strict";
// How a client is known, by whichever copy of this package it was made.

/** On the prototype of a client: the name of its service. Known to every copy of the package in the process. */
const SERVICE = Symbol.for("chimeline.service");

/** Whether a value is a client of the service, of whichever copy of this package. */
function isClientOf(value, service) {
  return value?.[SERVICE]?.name === service.name;
}

/** Makes a class one of clients of a service. */
function clientOf(Class, service) {
  Object.defineProperty(Class.prototype, SERVICE, { value: service });
}

module.exports = { SERVICE, clientOf, isClientOf };
