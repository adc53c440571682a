// Fastify and @fastify/jwt. CACHE: absent for none, "true" for the default of 1,000 tokens, or how
// many tokens to keep.

import jwt from "@fastify/jwt"
import fastify from "fastify"
import { address, isPassword, lives, secret } from "./accounts.js"

const { CACHE } = process.env
const app = fastify()
const cache = CACHE === undefined ? {} : { cache: CACHE === "true" ? true : Number(CACHE) }
app.register(jwt, { secret, verify: { algorithms: ["HS256"], ...cache } })

const sign = (sub, type, expiresIn) => app.jwt.sign({ sub, type }, { expiresIn })

/** Lets tokens of a type pass. */
const only = (type) => async (request, reply) => {
  try {
    await request.jwtVerify()
  } catch {
    return reply.code(401).send({ msg: "Invalid token" })
  }
  if (request.user.type !== type) return reply.code(401).send({ msg: "Invalid token" })
}

app.post("/login", async (request, reply) => {
  const { username, password } = request.body
  if (!(await isPassword(username, password))) {
    return reply.code(401).send({ msg: "Bad username or password" })
  }
  return {
    access_token: sign(username, "access", `${lives.access}s`),
    refresh_token: sign(username, "refresh", `${lives.refresh}s`),
  }
})

app.get("/protected", { onRequest: only("access") }, async (request) => ({
  logged_in_as: request.user.sub,
}))

app.post("/refresh", { onRequest: only("refresh") }, async (request) => ({
  access_token: sign(request.user.sub, "access", `${lives.access}s`),
}))

await app.listen(address)
