// Hono and its own hono/jwt, on Node by @hono/node-server.

import { serve } from "@hono/node-server"
import { Hono } from "hono"
import { jwt, sign } from "hono/jwt"
import { address, isPassword, lives, secret } from "./accounts.js"

const app = new Hono()
const guard = jwt({ secret, alg: "HS256" })

function token(sub, type, seconds) {
  const now = Math.floor(Date.now() / 1000)
  return sign({ sub, type, iat: now, exp: now + seconds }, secret, "HS256")
}

/** Lets tokens of a type pass. */
const only = (type) => async (c, next) => {
  if (c.get("jwtPayload").type !== type) return c.json({ msg: "Invalid token" }, 401)
  await next()
}

app.post("/login", async (c) => {
  const { username, password } = await c.req.json()
  if (!(await isPassword(username, password))) {
    return c.json({ msg: "Bad username or password" }, 401)
  }
  return c.json({
    access_token: await token(username, "access", lives.access),
    refresh_token: await token(username, "refresh", lives.refresh),
  })
})

app.get("/protected", guard, only("access"), (c) =>
  c.json({ logged_in_as: c.get("jwtPayload").sub }),
)

app.post("/refresh", guard, only("refresh"), async (c) =>
  c.json({ access_token: await token(c.get("jwtPayload").sub, "access", lives.access) }),
)

serve({ fetch: app.fetch, port: address.port, hostname: address.host })
