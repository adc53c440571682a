// jsonwebtoken, with jwks-rsa for the keys. It has no option for `typ`.

import jwt from "jsonwebtoken"
import { JwksClient } from "jwks-rsa"
import { algorithm, issuer, judge, keysUrl } from "./judge.js"

const keys = new JwksClient({ jwksUri: keysUrl, cacheMaxAge: 300_000 })
const rules = { issuer, audience: issuer, algorithms: [algorithm], complete: true }

async function verify(token) {
  const { header } = jwt.decode(token, { complete: true })
  const key = await keys.getSigningKey(header.kid)
  const verified = jwt.verify(token, key.getPublicKey(), rules)
  if (verified.header.typ !== "at+jwt") throw new Error("another kind of token")
  return verified.payload
}

await judge(verify)
