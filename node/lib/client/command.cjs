"use strict";
const { withStack } = require("../middleware/client_stack.cjs");
const { middlewareStack } = require("../middleware/stack.cjs");

/** On the prototype of a command: what it asks for, `{ service, name }`. Known to every copy of the package in the process. */
const OPERATION = Symbol.for("chimeline.operation");

/** A call that was not made yet: an operation and its input. */
class Command {
  constructor(input) {
    this.input = input ?? {};
  }
}

withStack(Command, middlewareStack);

/** Which operation of which service a command of any copy of this package asks for; nothing for what is no command. */
function asked(command) {
  return command?.[OPERATION];
}

/** Makes a class one of commands for an operation. */
function commandOf(Class, operation) {
  Object.defineProperty(Class.prototype, OPERATION, { value: { service: operation.service.name, name: operation.name } });
  Object.defineProperty(Class.prototype, "operation", { value: operation });
}

module.exports = { Command, asked, commandOf };
