// openid-client: finds the keys by the issuer alone; jose judges the token.

import { createRemoteJWKSet, jwtVerify } from "jose"
import * as client from "openid-client"
import { algorithm, issuer, judge } from "./judge.js"

// The line with `execute` is for an issuer of http only, as on this machine.
const found = await client.discovery(new URL(issuer), "orders", undefined, client.None(), {
  algorithm: "oauth2",
  execute: [client.allowInsecureRequests],
})
const keys = createRemoteJWKSet(new URL(found.serverMetadata().jwks_uri))
const rules = { issuer, audience: issuer, algorithms: [algorithm], typ: "at+jwt" }

await judge(async (token) => {
  const { payload } = await jwtVerify(token, keys, rules)
  return payload
})
