// Hono's own middleware. It fetches the keys for each request, unless it is given them.

import { Hono } from "hono"
import { jwk } from "hono/jwk"
import { algorithm, issuer, judge, keysUrl } from "./judge.js"

const app = new Hono()
app.use(
  jwk({
    jwks_uri: keysUrl,
    alg: [algorithm],
    verification: { iss: issuer, aud: issuer, typ: "at+jwt", iat: false },
  }),
)
app.get("/claims", (context) => context.json(context.get("jwtPayload")))

await judge(async (token) => {
  const response = await app.request("/claims", { headers: { Authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(response.headers.get("WWW-Authenticate"))
  return response.json()
})
