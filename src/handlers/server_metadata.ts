// GET /.well-known/oauth-authorization-server: how standard verifiers find the keys when they know
// the issuer alone (RFC 8414 §3).

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import { keySetMaxAgeSeconds } from "../token/keys/key_rotation.ts"

/** Answers the metadata, which never changes while the service runs. */
export function serverMetadata(issuer: string): Handler {
  // Public by nature, as the keys are: scripts of any site may read it.
  const reply = createTaggedReply({
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": `public, max-age=${keySetMaxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
  })
  const metadata = {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    // Empty and not left out: clients require the first, although RFC 8414 §3.2 leaves out an empty
    // list (erratum 7793). Without the second they assume grants that are not here.
    response_types_supported: [],
    grant_types_supported: [],
  }
  return (request) => reply({ version: 0, value: metadata }, request)
}
