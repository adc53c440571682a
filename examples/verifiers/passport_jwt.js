// passport-jwt, with jwks-rsa for the keys, and with the list of revocations.

import express from "express"
import jwt from "jsonwebtoken"
import { passportJwtSecret } from "jwks-rsa"
import passport from "passport"
import { ExtractJwt, Strategy } from "passport-jwt"
import { createRevocations } from "../verify_in_node.ts"
import { algorithm, issuer, judgeRequests, keysUrl } from "./judge.js"

const findKey = passportJwtSecret({ jwksUri: keysUrl, cacheMaxAge: 300_000 })
const isRevoked = createRevocations(issuer)

const options = {
  issuer,
  audience: issuer,
  algorithms: [algorithm],
  jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
  secretOrKeyProvider(request, token, done) {
    const typ = jwt.decode(token, { complete: true })?.header.typ
    if (typ !== "at+jwt") return done(new Error("another kind of token"))
    findKey(request, token, done)
  },
}
const takeClaims = (claims, done) =>
  isRevoked(claims).then((revoked) => done(null, revoked ? false : claims), done)
passport.use(new Strategy(options, takeClaims))

const app = express()
app.use(passport.authenticate("jwt", { session: false }))
app.get("/claims", (request, response) => response.json(request.user))
app.use((error, _request, response, _next) => response.status(401).send(error.message))

await judgeRequests(app.listen.bind(app))
