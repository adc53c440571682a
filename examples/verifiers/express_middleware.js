// Express, with the verifier of ../verify_in_node.ts.

import express from "express"
import { createVerifier, requireToken } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests } from "./judge.js"

const app = express()
const verify = createVerifier(issuer, { algorithm })
app.use(async (request, response, next) => {
  request.claims = await requireToken(request, response, verify)
  if (request.claims !== null) next()
})
app.get("/claims", (request, response) => response.json(request.claims))

await judgeRequests(app.listen.bind(app))
