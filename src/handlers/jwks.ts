// GET /.well-known/jwks.json: the public keys, for services that verify tokens (RFC 7517 §5).

import type { Handler } from "../http/guard.ts"
import { createTaggedReply } from "../http/tagged_reply.ts"
import { keySetMaxAgeSeconds } from "../token/keys/key_rotation.ts"

/** Gives the members of the JWK Set, and the name of the set (key_ring.ts). */
export type PublicKeys = () => Promise<{
  readonly keySet: string
  readonly keys: readonly object[]
}>

/** Answers the JWK Set. Caches keep it for five minutes and revalidate it by its ETag. */
export function jwks(publicKeys: PublicKeys): Handler {
  // The keys are public, so scripts of any site may read them.
  const reply = createTaggedReply({
    "Content-Type": "application/jwk-set+json; charset=utf-8",
    "Cache-Control": `public, max-age=${keySetMaxAgeSeconds}`,
    "Access-Control-Allow-Origin": "*",
  })
  return async (request) => {
    const { keySet, keys } = await publicKeys()
    return reply({ version: keySet, value: { keys } }, request)
  }
}
