// express-jwt, with jwks-rsa for the keys, and with the list of revocations.

import express from "express"
import { expressjwt } from "express-jwt"
import { expressJwtSecret } from "jwks-rsa"
import { createRevocations } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests, keysUrl } from "./judge.js"

const findKey = expressJwtSecret({ jwksUri: keysUrl, cacheMaxAge: 300_000 })
const isRevoked = createRevocations(issuer)

const app = express()
app.use(
  expressjwt({
    issuer,
    audience: issuer,
    algorithms: [algorithm],
    secret: findKey,
    isRevoked: (_, { header, payload }) => header.typ !== "at+jwt" || isRevoked(payload),
  }),
)
app.get("/claims", (request, response) => response.json(request.auth))
app.use((error, _request, response, _next) => response.status(401).send(error.message))

await judgeRequests(app.listen.bind(app))
