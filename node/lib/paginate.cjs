"use strict";

/** The function that goes through an operation's pages, by `NextToken` and `MaxResults`. */
function paginator(name, Client, Command) {
  const paginate = async function* (config, input, ...rest) {
    if (!(config?.client instanceof Client)) {
      throw new TypeError(`${name}: config.client must be a ${Client.name}`);
    }
    const { client, pageSize, stopOnSameToken, withCommand } = config;
    let token = config.startingToken ?? input?.NextToken;
    do {
      const asked = { ...input, NextToken: token };
      asked.MaxResults ??= pageSize;
      const command = new Command(asked);
      const page = await client.send(withCommand?.(command) ?? command, ...rest);
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
