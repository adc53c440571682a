// Another Node service verifies Postern's tokens by the published keys. Needs `jose`, nothing else.

import { createRemoteJWKSet, jwtVerify } from "jose"

/** Makes a function that gives the claims of a good access token, and throws for any other. */
export function createVerifier(issuer: string, audience = issuer) {
  // Fetched when first needed, then kept; fetched again when a token names a key not seen yet.
  const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
  return async (token: string) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      typ: "at+jwt",
      algorithms: ["ES256"],
      requiredClaims: ["sub", "exp", "jti"],
    })
    return payload
  }
}
