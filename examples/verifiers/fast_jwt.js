// fast-jwt, with get-jwks for the keys.

import { createVerifier } from "fast-jwt"
import buildGetJwks from "get-jwks"
import { algorithm, issuer, judge } from "./judge.js"

const keys = buildGetJwks()
const verify = createVerifier({
  key: ({ header: { kid, alg } }) => keys.getPublicKey({ domain: issuer, kid, alg }),
  allowedIss: issuer,
  allowedAud: issuer,
  algorithms: [algorithm],
  checkTyp: "at+jwt",
  requiredClaims: ["iss", "aud", "exp"],
})

await judge(verify)
