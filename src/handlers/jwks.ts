// GET /.well-known/jwks.json: the public keys, for whoever verifies tokens (RFC 7517 §5).

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import { keySetMaxAgeSeconds } from "../token/keys/key_rotation.ts"

/** Gives the members of the JWK Set, and the name of the set (key_ring.ts). */
export type PublicKeys = () => { readonly keySet: string; readonly keys: readonly object[] }

/** Answers the JWK Set, to be kept for five minutes and asked for again by its ETag. */
export function jwks(publicKeys: PublicKeys): Handler {
  // Public by nature, so scripts of any site may read it (the only such resource).
  const reply = createTaggedReply({
    "Content-Type": "application/jwk-set+json; charset=utf-8",
    "Cache-Control": `public, max-age=${keySetMaxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
  })
  return (request) => {
    const { keySet, keys } = publicKeys()
    return reply({ version: keySet, value: { keys } }, request)
  }
}
