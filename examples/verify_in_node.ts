// Verify Postern's access tokens in another Node service, by the published keys and by the list of
// revocations. A logout takes effect here within 15 seconds. Needs `jose`, nothing else.
//
//   const verify = createVerifier("https://login.example.org", { address: "http://postern:8080" })
//   http.createServer(async (request, response) => {
//     const claims = await requireToken(request, response, verify)
//     if (claims !== null) response.end(`Hello ${claims.sub}\n`)
//   })

import type { IncomingMessage, ServerResponse } from "node:http"
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose"

/** The list is fetched again when it is older than this. Caches on the way add 5 seconds. */
const listMillisMax = 10_000

/** Postern did not answer, so the token was not judged: answer 503. */
export class Unreachable extends Error {}

/**
 * Makes a function that gives the claims of a good access token and throws for any other token.
 * `issuer` is the `iss` of the tokens, `address` is where this service reaches Postern.
 */
export function createVerifier(
  issuer: string,
  { audience = issuer, address = issuer, algorithm = "ES256" } = {},
) {
  const keysUrl = new URL(`${address}/.well-known/jwks.json`)
  const keys = createRemoteJWKSet(keysUrl, { cacheMaxAge: 300_000 })
  const findKey: JWTVerifyGetKey = (...asked) => keys(...asked).catch(toUnreachable)
  const isRevoked = createRevocations(address)
  const claims = { issuer, audience, requiredClaims: ["sub", "exp", "jti", "sid"] }
  const options = { ...claims, typ: "at+jwt", algorithms: [algorithm] }

  return async (token: string) => {
    const { payload } = await jwtVerify(token, findKey, options)
    if (await isRevoked(payload)) throw new Error("Token has been revoked")
    return payload
  }
}

/**
 * Makes a function that says whether a token's session, or the token itself, has ended. It throws
 * Unreachable when the list is too old and can't be fetched. Works with any JWT library.
 */
export function createRevocations(address: string) {
  let ended = { at: Number.NEGATIVE_INFINITY, lists: [new Set<unknown>()] }
  let fetching: Promise<void> | null = null

  async function fetchEnded(at: number) {
    const response = await fetch(`${address}/revocations`, { signal: AbortSignal.timeout(5000) })
    if (!response.ok) throw new Error(`The list of revocations can't be had: ${response.status}`)
    const { sids, jtis } = (await response.json()) as { sids: string[]; jtis: string[] }
    // Keeps the previous list as well: with a slow clock, a token can outlive its entry in the list.
    ended = { at, lists: [new Set([...sids, ...jtis]), ...ended.lists.slice(0, 1)] }
  }

  return async ({ sid, jti }: JWTPayload) => {
    const now = performance.now()
    if (now - ended.at > listMillisMax) {
      fetching ??= fetchEnded(now).finally(() => (fetching = null))
      await fetching.catch(toUnreachable)
    }
    return ended.lists.some((list) => list.has(sid) || list.has(jti))
  }
}

/** Gives the claims of the token in an `Authorization` header, or the response to send instead. */
export async function checkToken(
  authorization: string | undefined,
  verify: (token: string) => Promise<JWTPayload>,
): Promise<JWTPayload | Response> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1]
  if (token === undefined) return refuse(401, "Missing token", { "WWW-Authenticate": "Bearer" })
  try {
    return await verify(token)
  } catch (error) {
    // The reason goes to the log only: it would help the sender of a forged token.
    console.warn(`Token refused: ${error instanceof Error ? error.message : error}`)
    if (error instanceof Unreachable) return refuse(503, "Try again", { "Retry-After": "5" })
    return refuse(401, "Invalid token", { "WWW-Authenticate": 'Bearer error="invalid_token"' })
  }
}

/** The same for `node:http`: gives null once it has sent that response. */
export async function requireToken(
  { headers }: IncomingMessage,
  response: ServerResponse,
  verify: (token: string) => Promise<JWTPayload>,
): Promise<JWTPayload | null> {
  const found = await checkToken(headers.authorization, verify)
  if (!(found instanceof Response)) return found
  response.writeHead(found.status, Object.fromEntries(found.headers))
  response.end(await found.text())
  return null
}

function refuse(status: number, msg: string, headers: Record<string, string>): Response {
  return Response.json({ msg }, { status, headers })
}

function toUnreachable(error: unknown): never {
  // An unknown key and an unknown algorithm are faults of the token.
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) {
    throw error
  }
  throw new Unreachable(`Postern can't be asked: ${error instanceof Error ? error.message : error}`)
}
