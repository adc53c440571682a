// Another Node service verifies Postern's tokens: by the published keys, and by the list of what
// ended since. A logout takes effect here within 15 seconds. Needs `jose`, nothing else.

import { createRemoteJWKSet, jwtVerify } from "jose"

/** The list is fetched anew for a token that comes when it is older; caches add 5 seconds. */
const listMillisMax = 10_000

/** Makes a function that gives the claims of a good access token, and throws for any other. */
export function createVerifier(issuer: string, audience = issuer) {
  const keysUrl = new URL(`${issuer}/.well-known/jwks.json`)
  const keys = createRemoteJWKSet(keysUrl, { cacheMaxAge: 300_000 })
  let ended = { at: Number.NEGATIVE_INFINITY, lists: [new Set<unknown>()] }
  let fetching: Promise<void> | null = null

  async function fetchEnded(at: number) {
    const response = await fetch(`${issuer}/revocations`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`The list of revocations can't be had: ${response.status}`)
    const { sids, jtis } = (await response.json()) as { sids: string[]; jtis: string[] }
    // The list before is kept for the case that the clock here is slow.
    ended = { at, lists: [new Set([...sids, ...jtis]), ...ended.lists.slice(0, 1)] }
  }

  return async (token: string) => {
    const claims = { issuer, audience, requiredClaims: ["sub", "exp", "jti", "sid"] }
    const options = { ...claims, typ: "at+jwt", algorithms: ["ES256"] }
    const { payload } = await jwtVerify(token, keys, options)
    const now = performance.now()
    if (now - ended.at > listMillisMax) {
      fetching ??= fetchEnded(now).finally(() => (fetching = null))
      await fetching
    }
    for (const name of [payload["sid"], payload.jti]) {
      if (ended.lists.some((list) => list.has(name))) throw new Error("Token has been revoked")
    }
    return payload
  }
}
