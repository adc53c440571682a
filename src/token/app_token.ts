// Tokens for protected apps: the proxy sends one with each request, as `X-Postern-Token`, and the
// app verifies it by the published keys. So an app need not trust its proxy. It is good for one
// host and two minutes. Its `typ` is its own, so neither Postern nor a service behind it takes it
// for an access token (RFC 8725 §3.11).

import { CompactSign } from "jose/jws/compact/sign"
import type { JsonObject } from "../domain/strict_json.ts"
import { randomName } from "../system/random.ts"
import type { TokenSettings } from "./access_token.ts"
import { isFreeClaimName } from "./claims.ts"

/** For whom and for which app a token is signed. Instants are epoch seconds. */
export interface AppGrant {
  readonly username: string
  readonly roles: readonly string[]
  /** The operator's own claims for this user. */
  readonly claims: JsonObject
  /** The session; of a machine its name, since it has none. */
  readonly sid: string
  /** When the password was checked; null for a machine, which has none. */
  readonly authTime: number | null
  /** How sure it is who logged in, and how (RFC 9068 §2.2.1). */
  readonly acr: string
  readonly amr: readonly string[]
  readonly issuedAt: number
  /** The app: `https://host`, with the port where it is not 443. */
  readonly audience: string
}

/** For how long an app accepts a token. */
export const appTokenSeconds = 120

/** The `typ` of the header. */
export const appTokenType = "postern-app+jwt"

/** Signs a token. Null with a shared secret: apps could then make access tokens for anybody. */
export async function signAppToken(
  grant: AppGrant,
  { profile, issuer: iss, ring }: TokenSettings,
): Promise<string | null> {
  if (profile === "shared") return null
  const { username: sub, audience: aud, issuedAt: iat, sid, authTime, roles, claims } = grant
  const { acr, amr } = grant
  const own = Object.entries(claims).filter(([name]) => isFreeClaimName(name))
  const registered = { iss, sub, aud, exp: iat + appTokenSeconds, iat, jti: randomName() }
  const login = { sid, ...(authTime === null ? {} : { auth_time: authTime }), acr, amr }
  const payload = { ...registered, ...login, roles, ...Object.fromEntries(own) }
  const { alg, kid, key } = ring.signer(iat)
  return (
    new CompactSign(Buffer.from(JSON.stringify(payload)))
      // Published keys have a name.
      .setProtectedHeader({ alg, typ: appTokenType, kid: kid as string })
      .sign(key)
  )
}
