// node:http and jose, nothing else: each token is verified each time, with a key that is imported once.

import { createServer } from "node:http"
import { jwtVerify, SignJWT } from "jose"
import { address, isPassword, lives, secret } from "./accounts.js"

const algorithm = { name: "HMAC", hash: "SHA-256" }
const bytes = new TextEncoder().encode(secret)
const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"])

function reply(response, status, body) {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": length })
  response.end(text)
}

function sign(username, type, seconds) {
  return new SignJWT({ type })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(username)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .sign(key)
}

/** The subject of a request's token of this type, or null. */
async function subjectOf(request, type) {
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1]
  if (token === undefined) return null
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ["HS256"] })
    return payload.type === type ? payload.sub : null
  } catch {
    return null
  }
}

async function readJson(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

async function logIn(request, response) {
  const { username, password } = await readJson(request)
  if (!(await isPassword(username, password))) {
    return reply(response, 401, { msg: "Bad username or password" })
  }
  const [access_token, refresh_token] = await Promise.all([
    sign(username, "access", lives.access),
    sign(username, "refresh", lives.refresh),
  ])
  reply(response, 200, { access_token, refresh_token })
}

async function guarded(request, response) {
  const username = await subjectOf(request, "access")
  if (username === null) return reply(response, 401, { msg: "Invalid token" })
  reply(response, 200, { logged_in_as: username })
}

async function refresh(request, response) {
  const username = await subjectOf(request, "refresh")
  if (username === null) return reply(response, 401, { msg: "Invalid token" })
  reply(response, 200, { access_token: await sign(username, "access", lives.access) })
}

const routes = { "POST /login": logIn, "GET /protected": guarded, "POST /refresh": refresh }

createServer((request, response) => {
  const handle = routes[`${request.method} ${request.url}`]
  if (handle === undefined) return reply(response, 404, { msg: "Not found" })
  handle(request, response).catch(() => reply(response, 500, { msg: "Failed" }))
}).listen(address)
