"use strict";
// Whose a run is: the account of its client, or where nobody says which that is, its credentials.
const { Clients, drive } = require("../recording/drive.cjs");

/** `{ account, credentials }`: the account is null where nobody says it, the credentials are known by a digest. */
async function identity(client) {
  const { accessKeyId, accountId } = await client.config.credentials();
  const { createHash } = process.getBuiltinModule("node:crypto");
  // What the key is known by again, without its text in a file.
  const credentials = createHash("sha256").update(accessKeyId).digest("hex").slice(0, 16);
  return { account: accountId ?? (await accountOf(client)), credentials };
}

/** The account that STS names. A service of the user's own has credentials of its own, which AWS's STS does not know. */
async function accountOf(client) {
  const sts = process.env.AWS_ENDPOINT_URL_STS || undefined;
  const clients = new Clients({ client });
  if (sts === undefined && (await clients.standIn()) !== undefined) return null;
  return (await drive("account", { region: await clients.region(), endpoints: { sts } }, clients)) ?? null;
}

module.exports = { identity };
