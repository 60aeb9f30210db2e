"use strict";
// Makes the classes of a service out of its generated table.
const { clientOf } = require("./brands.cjs");
const { Client } = require("./client.cjs");
const { Command, commandOf } = require("./command.cjs");
const { serviceExceptionClass } = require("../errors/service_error_classes.cjs");
const { paginator } = require("./paginate.cjs");
const { waiter } = require("../recording/waiters.cjs");

/**
 * The exports of a service's module: its clients, commands, paginators, enumerations and errors.
 *
 * `table` has `name`, `class`, `serviceId`, `apiVersion`, `operations` (by name: `dates`, the places of timestamps in the
 * output or null, and `page`, whether it pages), `enums`, `errors`, `waiters`, and `elsewhere`, the operations that other services have.
 */
function defineService(table, errors) {
  const { class: title, operations } = table;
  const service = { name: table.name, class: title, serviceId: table.serviceId, apiVersion: table.apiVersion, errors: table.errors, operations: {} };
  service.exception = serviceExceptionClass(`${title}ServiceException`, service);
  const Base = named(`${title}Client`, class extends /** @type {any} */ (Client) {
    /** @param {object} [options] */
    constructor(options) {
      super(service, options);
    }
  });
  clientOf(Base, service);
  const Aggregated = named(title, class extends Base {});
  for (const [other, names] of Object.entries(table.elsewhere)) {
    for (const name of names) {
      const own = name[0].toLowerCase() + name.slice(1);
      method(Aggregated, own, async function () {
        throw new TypeError(`${title} has no ${own}: it is an operation of ${other}, of which a client is needed`);
      });
    }
  }
  const out = { [title]: Aggregated, [`${title}Client`]: Base, [`${title}ServiceException`]: service.exception };
  for (const name of Object.keys(operations)) {
    const operation = { name, service, ...operations[name] };
    service.operations[name] = operation;
    const OperationCommand = named(`${name}Command`, class extends Command {});
    commandOf(OperationCommand, operation);
    out[`${name}Command`] = OperationCommand;
    method(Aggregated, name[0].toLowerCase() + name.slice(1), function (input, options, callback) {
      return this.send(new OperationCommand(typeof input === "function" ? undefined : input), typeof input === "function" ? input : options, callback);
    });
    if (operation.page) {
      const paginate = paginator(`paginate${name}`, Base.name, OperationCommand);
      out[`paginate${name}`] = paginate;
      method(Aggregated, `paginate${name}`, function (input = {}, config = {}, ...rest) {
        return paginate(Object.create(config, { client: { value: this } }), input, ...rest);
      });
    }
  }
  for (const [name, row] of Object.entries(table.waiters)) {
    const functions = waiter(name, row, service, Base.name, out[`${row.operation}Command`]);
    Object.assign(out, functions);
    const waitUntil = functions[`waitUntil${name}`];
    method(Aggregated, `waitUntil${name}`, async function (input, config) {
      return waitUntil({ ...(typeof config === "number" ? { maxWaitTime: config } : config), client: this }, input);
    });
  }
  for (const name of table.errors) out[name] = errors[name];
  return Object.assign(out, table.enums, { $Command: Command, __Client: Client });
}

function named(name, Class) {
  Object.defineProperty(Class, "name", { value: name });
  return Class;
}

function method(Class, name, value) {
  Object.defineProperty(value, "name", { value: name });
  Object.defineProperty(Class.prototype, name, { value, writable: true, configurable: true });
}

module.exports = { defineService };
