// An app behind Postern that trusts nobody's word: it verifies X-Postern-Token, which the proxy
// sends with each request. So a client that gets past the proxy is still nobody. Needs `jose`.
//
//   const verify = createAppTokenVerifier("https://login.home.example", {
//     app: "https://photos.home.example",
//     address: "http://127.0.0.1:8080",
//   })
//   http.createServer(async (request, response) => {
//     const user = await verify(request.headers["x-postern-token"])
//     if (user === null) response.writeHead(401).end()
//     else response.end(`Hello ${user.sub}\n`)
//   })

import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose"

/** Postern did not answer, or answered something else than keys. */
const keyFaults = ["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID"]

/**
 * Makes a function that gives the claims of a good token, and null for none and any other. It
 * throws when Postern's keys can't be had: answer 503. `issuer` is POSTERN_ISSUER, `app` is this
 * app's own origin, `address` is where it reaches Postern.
 */
export function createAppTokenVerifier(
  issuer: string,
  {
    app,
    address = issuer,
    algorithm = "ES256",
  }: {
    readonly app: string
    readonly address?: string
    readonly algorithm?: string
  },
) {
  const keys = createRemoteJWKSet(new URL(`${address}/.well-known/jwks.json`))
  const options = {
    ...{ issuer, audience: app, typ: "postern-app+jwt", algorithms: [algorithm] },
    ...{ requiredClaims: ["sub", "exp", "sid"], clockTolerance: 10 },
  }
  return async (token: string | readonly string[] | undefined): Promise<JWTPayload | null> => {
    // Without a login, on paths that are open, it is empty.
    if (typeof token !== "string" || token === "") return null
    try {
      return (await jwtVerify(token, keys, options)).payload
    } catch (error) {
      if (error instanceof errors.JOSEError && !keyFaults.includes(error.code)) return null
      throw error
    }
  }
}
