// jose, for any JavaScript runtime.

import { createRemoteJWKSet, jwtVerify } from "jose"
import { algorithm, issuer, judge, keysUrl } from "./judge.js"

const keys = createRemoteJWKSet(new URL(keysUrl), { cacheMaxAge: 300_000 })
const rules = { issuer, audience: issuer, algorithms: [algorithm], typ: "at+jwt" }

await judge(async (token) => {
  const { payload } = await jwtVerify(token, keys, rules)
  return payload
})
