// Another Node service verifies Postern's tokens: by the published keys, and by the list of what
// ended since. A logout takes effect here within 15 seconds. Needs `jose`, nothing else.
//
//   const verify = createVerifier("https://login.example.org", { address: "http://postern:8080" })
//   http.createServer(async (request, response) => {
//     const claims = await requireToken(request, response, verify)
//     if (claims !== null) response.end(`Hello ${claims.sub}\n`)
//   })

import type { IncomingMessage, ServerResponse } from "node:http"
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose"

/** The list is fetched anew for a token that comes when it is older; caches add 5 seconds. */
const listMillisMax = 10_000

/** Postern could not be asked. That says nothing about the token: answer 503. */
export class Unreachable extends Error {}

/**
 * Makes a function that gives the claims of a good access token, and throws for any other.
 * `issuer` is what tokens say, `address` where Postern is reached from here.
 */
export function createVerifier(issuer: string, { audience = issuer, address = issuer } = {}) {
  const keysUrl = new URL(`${address}/.well-known/jwks.json`)
  const keys = createRemoteJWKSet(keysUrl, { cacheMaxAge: 300_000 })
  const findKey: JWTVerifyGetKey = (...asked) => keys(...asked).catch(toUnreachable)
  let ended = { at: Number.NEGATIVE_INFINITY, lists: [new Set<unknown>()] }
  let fetching: Promise<void> | null = null

  async function fetchEnded(at: number) {
    const response = await fetch(`${address}/revocations`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`The list of revocations can't be had: ${response.status}`)
    const { sids, jtis } = (await response.json()) as { sids: string[]; jtis: string[] }
    // The list before is kept for the case that the clock here is slow.
    ended = { at, lists: [new Set([...sids, ...jtis]), ...ended.lists.slice(0, 1)] }
  }

  return async (token: string) => {
    const claims = { issuer, audience, requiredClaims: ["sub", "exp", "jti", "sid"] }
    const options = { ...claims, typ: "at+jwt", algorithms: ["ES256"] }
    const { payload } = await jwtVerify(token, findKey, options)
    const now = performance.now()
    if (now - ended.at > listMillisMax) {
      fetching ??= fetchEnded(now).finally(() => (fetching = null))
      await fetching.catch(toUnreachable)
    }
    for (const name of [payload["sid"], payload.jti]) {
      if (ended.lists.some((list) => list.has(name))) throw new Error("Token has been revoked")
    }
    return payload
  }
}

/** The claims of a request's token; null once the request was answered: 401, or 503. */
export async function requireToken(
  { headers }: IncomingMessage,
  response: ServerResponse,
  verify: (token: string) => Promise<JWTPayload>,
): Promise<JWTPayload | null> {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1]
  if (token === undefined) return refuse(401, "Missing token", { "WWW-Authenticate": "Bearer" })
  try {
    return await verify(token)
  } catch (error) {
    // The reason is for the log: whoever sent the token learns nothing from it.
    console.warn(`Token refused: ${error instanceof Error ? error.message : error}`)
    if (error instanceof Unreachable) return refuse(503, "Try again", { "Retry-After": "5" })
    return refuse(401, "Invalid token", { "WWW-Authenticate": 'Bearer error="invalid_token"' })
  }

  function refuse(status: number, msg: string, headers: Record<string, string>): null {
    response.writeHead(status, { "Content-Type": "application/json", ...headers })
    response.end(JSON.stringify({ msg }))
    return null
  }
}

function toUnreachable(error: unknown): never {
  // No key of this name, and no algorithm of this name: faults of the token.
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) {
    throw error
  }
  throw new Unreachable(`Postern can't be asked: ${error instanceof Error ? error.message : error}`)
}
