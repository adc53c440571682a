// GET /.well-known/oauth-authorization-server: tells where the keys are, for verifiers that know
// only the issuer (RFC 8414 §3).

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import { keySetMaxAgeSeconds } from "../token/keys/key_rotation.ts"

/** Answers the metadata. It does not change while the service runs. */
export function serverMetadata(issuer: string): Handler {
  // The metadata is public, so scripts of any site may read it.
  const reply = createTaggedReply({
    "Content-Type": "application/json; charset=utf-8",
    "Cache-Control": `public, max-age=${keySetMaxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
  })
  const metadata = {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    // Clients require the first list, although RFC 8414 §3.2 omits empty lists (erratum 7793). If
    // the second list is missing, clients assume grants that Postern does not have.
    response_types_supported: [],
    grant_types_supported: [],
    // No `acr_values_supported`: that says of authorization requests that they may ask for one
    // (RFC 9470 §7), and Postern takes none. The challenge of a refused token names what it needs.
  }
  return (request) => reply({ version: 0, value: metadata }, request)
}
