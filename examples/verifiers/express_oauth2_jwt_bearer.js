// express-oauth2-jwt-bearer: finds the keys by the issuer alone, and judges by RFC 9068.

import express from "express"
import { auth } from "express-oauth2-jwt-bearer"
import { algorithm, issuer, judgeRequests } from "./judge.js"

const app = express()
app.use(auth({ issuerBaseURL: issuer, audience: issuer, tokenSigningAlg: algorithm, strict: true }))
app.get("/claims", (request, response) => response.json(request.auth.payload))
app.use((error, _request, response, _next) => response.status(401).send(error.message))

await judgeRequests(app.listen.bind(app))
