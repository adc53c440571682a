// Hono, with the verifier of ../verify_in_node.ts.

import { Hono } from "hono"
import { checkToken, createVerifier } from "../verify_in_node.ts"
import { algorithm, issuer, judge } from "./judge.js"

const app = new Hono()
const verify = createVerifier(issuer, { algorithm })
app.use(async (context, next) => {
  const claims = await checkToken(context.req.header("Authorization"), verify)
  if (claims instanceof Response) return claims
  context.set("claims", claims)
  await next()
})
app.get("/claims", (context) => context.json(context.get("claims")))

await judge(async (token) => {
  const response = await app.request("/claims", { headers: { Authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return response.json()
})
