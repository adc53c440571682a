// aws-jwt-verify. It fetches keys by https only: for http it is given them.

import { JwtVerifier } from "aws-jwt-verify"
import { algorithm, issuer, judge, keysUrl } from "./judge.js"

const verifier = JwtVerifier.create({
  issuer,
  audience: issuer,
  jwksUri: keysUrl,
  customJwtCheck({ header }) {
    if (header.alg !== algorithm) throw new Error("another algorithm")
    if (header.typ !== "at+jwt") throw new Error("another kind of token")
  },
})
if (issuer.startsWith("http:")) verifier.cacheJwks(await (await fetch(keysUrl)).json())

await judge((token) => verifier.verify(token))
