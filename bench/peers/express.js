// Express 5 and express-jwt, which verifies with jsonwebtoken. KEY: "string" gives it the secret as
// text, as its documentation does; "object" the same as a KeyObject.

import { createSecretKey } from "node:crypto"
import express from "express"
import { expressjwt } from "express-jwt"
import jsonwebtoken from "jsonwebtoken"
import { address, isPassword, lives, secret } from "./accounts.js"

const key = process.env.KEY === "object" ? createSecretKey(Buffer.from(secret)) : secret
const app = express()
const guard = expressjwt({ secret: key, algorithms: ["HS256"] })

const sign = (sub, type, expiresIn) => jsonwebtoken.sign({ sub, type }, key, { expiresIn })

/** Lets tokens of a type pass. */
const only = (type) => (request, response, next) => {
  if (request.auth.type === type) return next()
  response.status(401).json({ msg: "Invalid token" })
}

app.post("/login", express.json(), async (request, response) => {
  const { username, password } = request.body
  if (!(await isPassword(username, password))) {
    return response.status(401).json({ msg: "Bad username or password" })
  }
  response.json({
    access_token: sign(username, "access", lives.access),
    refresh_token: sign(username, "refresh", lives.refresh),
  })
})

app.get("/protected", guard, only("access"), (request, response) => {
  response.json({ logged_in_as: request.auth.sub })
})

app.post("/refresh", guard, only("refresh"), (request, response) => {
  response.json({ access_token: sign(request.auth.sub, "access", lives.access) })
})

app.use((error, _request, response, next) => {
  if (error.name !== "UnauthorizedError") return next(error)
  response.status(401).json({ msg: "Invalid token" })
})

app.listen(address.port, address.host)
