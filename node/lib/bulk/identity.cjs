"use strict";
// Whose a run is: the account that the client's credentials name, if they do, and the credentials themselves.

/** `{ account, credentials }`: the account is null where nobody says it, the credentials are known by a digest. */
async function identity(client) {
  const { accessKeyId, accountId } = await client.config.credentials();
  const { createHash } = process.getBuiltinModule("node:crypto");
  // What the key is known by again, without its text in a file.
  const credentials = createHash("sha256").update(accessKeyId).digest("hex").slice(0, 16);
  return { account: accountId ?? null, credentials };
}

module.exports = { identity };
