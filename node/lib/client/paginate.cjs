"use strict";
const { isClientOf } = require("./brands.cjs");
const { fromCaller } = require("../errors/stack.cjs");
const { members } = require("../wire/values.cjs");

/** The function that goes through an operation's pages, by `NextToken` and `MaxResults`. */
function paginator(name, clientName, Command) {
  const { operation } = Command.prototype;
  const paginate = async function* (config, input, ...rest) {
    if (!isClientOf(config?.client, operation.service)) {
      throw new TypeError(`${name}: config.client must be a ${clientName}`);
    }
    const { client, pageSize, stopOnSameToken, withCommand } = config;
    const given = members(input, operation);
    let token = config.startingToken ?? given.NextToken;
    do {
      const asked = { ...given, NextToken: token };
      asked.MaxResults ??= pageSize;
      const command = new Command(asked);
      let page;
      try {
        page = await client.send(withCommand?.(command) ?? command, ...rest);
      } catch (error) {
        throw fromCaller(error, paginate);
      }
      yield page;
      const seen = token;
      token = page.NextToken;
      if (stopOnSameToken && token === seen) return undefined;
    } while (token);
    return undefined;
  };
  Object.defineProperty(paginate, "name", { value: name });
  return paginate;
}

module.exports = { paginator };
