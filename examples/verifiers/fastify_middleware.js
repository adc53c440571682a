// Fastify, with the verifier of ../verify_in_node.ts.

import fastify from "fastify"
import { createVerifier, requireToken } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests } from "./judge.js"

const app = fastify()
const verify = createVerifier(issuer, { algorithm })
app.addHook("onRequest", async (request, reply) => {
  request.claims = await requireToken(request.raw, reply.raw, verify)
  if (request.claims === null) reply.hijack()
})
app.get("/claims", (request) => request.claims)

await app.ready()
await judgeRequests(app.server.listen.bind(app.server))
