"use strict";
// The variables by which Node itself is told whom to trust.

/** Whether the certificates of servers are not verified, where no option says so. */
function trustsAnybody(env) {
  return env.NODE_TLS_REJECT_UNAUTHORIZED === "0";
}

let warned = false;

/** Node's own warning, which Node gives when it makes such a connection itself. */
function warnOfAnybody() {
  if (warned) return;
  warned = true;
  process.emitWarning("Setting the NODE_TLS_REJECT_UNAUTHORIZED environment variable to '0' makes TLS connections and HTTPS requests insecure by disabling certificate verification.");
}

/** The file of certificates that are trusted beside the system's. Of one that cannot be read, Node warns when it starts. */
function extraCertificates(env) {
  return env.NODE_EXTRA_CA_CERTS || undefined;
}

module.exports = { extraCertificates, trustsAnybody, warnOfAnybody };
