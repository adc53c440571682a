// Koa and koa-jwt, which verifies with jsonwebtoken. KEY: "string" gives it the secret as text, as
// its documentation does; "object" the same as a KeyObject.

import { createSecretKey } from "node:crypto"
import { bodyParser } from "@koa/bodyparser"
import Router from "@koa/router"
import jsonwebtoken from "jsonwebtoken"
import Koa from "koa"
import jwt from "koa-jwt"
import { address, isPassword, lives, secret } from "./accounts.js"

const key = process.env.KEY === "object" ? createSecretKey(Buffer.from(secret)) : secret
const app = new Koa()
const router = new Router()
const guard = jwt({ secret: key, algorithms: ["HS256"] })

const sign = (sub, type, expiresIn) => jsonwebtoken.sign({ sub, type }, key, { expiresIn })

/** Lets tokens of a type pass. */
const only = (type) => async (ctx, next) => {
  if (ctx.state.user.type !== type) ctx.throw(401)
  await next()
}

app.use(async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    if (error.status !== 401) throw error
    ctx.status = 401
    ctx.body = { msg: "Invalid token" }
  }
})

router.post("/login", bodyParser(), async (ctx) => {
  const { username, password } = ctx.request.body
  if (!(await isPassword(username, password))) {
    ctx.status = 401
    ctx.body = { msg: "Bad username or password" }
    return
  }
  ctx.body = {
    access_token: sign(username, "access", lives.access),
    refresh_token: sign(username, "refresh", lives.refresh),
  }
})

router.get("/protected", guard, only("access"), (ctx) => {
  ctx.body = { logged_in_as: ctx.state.user.sub }
})

router.post("/refresh", guard, only("refresh"), (ctx) => {
  ctx.body = { access_token: sign(ctx.state.user.sub, "access", lives.access) }
})

app.use(router.routes())
app.listen(address.port, address.host)
