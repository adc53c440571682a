// @fastify/jwt, with get-jwks for the keys, and with the list of revocations.

import jwt from "@fastify/jwt"
import fastify from "fastify"
import buildGetJwks from "get-jwks"
import { createRevocations } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests } from "./judge.js"

const keys = buildGetJwks()
const isRevoked = createRevocations(issuer)

const app = fastify()
app.register(jwt, {
  decode: { complete: true },
  secret: (_, { header: { kid, alg } }) => keys.getPublicKey({ domain: issuer, kid, alg }),
  verify: {
    allowedIss: issuer,
    allowedAud: issuer,
    algorithms: [algorithm],
    checkTyp: "at+jwt",
    requiredClaims: ["iss", "aud", "exp"],
  },
  trusted: async (_, claims) => !(await isRevoked(claims)),
})
app.addHook("onRequest", (request) => request.jwtVerify())
app.get("/claims", (request) => request.user)

await app.ready()
await judgeRequests(app.server.listen.bind(app.server))
