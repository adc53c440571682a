// koa-jwt, with jwks-rsa for the keys, and with the list of revocations.

import { koaJwtSecret } from "jwks-rsa"
import Koa from "koa"
import jwt from "koa-jwt"
import { createRevocations } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests, keysUrl } from "./judge.js"

const findKey = koaJwtSecret({ jwksUri: keysUrl, cacheMaxAge: 300_000 })
const isRevoked = createRevocations(issuer)

const app = new Koa({ env: "test" })
app.silent = true
app.use(
  jwt({
    issuer,
    audience: issuer,
    algorithms: [algorithm],
    secret: async (header) => {
      if (header.typ !== "at+jwt") throw new Error("another kind of token")
      return findKey(header)
    },
    isRevoked: (_, claims) => isRevoked(claims),
  }),
)
app.use((context) => {
  context.body = context.state.user
})

await judgeRequests(app.listen.bind(app))
