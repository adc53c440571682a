// A hand-over between two replicas over one database: each step may come to another one.

import assert from "node:assert/strict"
import { type IncomingMessage, request } from "node:http"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const password = "a password of many words"
const login = "login.example.org"
const photos = "photos.example.org"

/** Settings of a replica, with a data directory of its own for its control socket. */
function replica(t: TestContext) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@${encodeURIComponent(host)}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: `https://${login}`,
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_PROTECT: photos,
  }
}

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly form?: string
}

/** Sends a request, and gives the head of the reply. */
function send(port: number, path: string, { headers, form }: Sent): Promise<IncomingMessage> {
  const method = form === undefined ? "GET" : "POST"
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, method, headers, agent: false }
    const outgoing = request(options, (incoming) => resolve(incoming.resume()))
    outgoing.on("error", reject).end(form)
  })
}

/** Sends to the login host, as a browser with these cookies does. */
function sendToLogin(port: number, path: string, sent: { cookie?: string; form?: string }) {
  const { form, ...cookie } = sent
  const headers = { host: login, "x-forwarded-proto": "https", "sec-fetch-site": "same-origin" }
  const type = { "content-type": "application/x-www-form-urlencoded" }
  return form === undefined
    ? send(port, path, { headers: { ...headers, ...cookie } })
    : send(port, path, { headers: { ...headers, ...cookie, ...type }, form })
}

/** Asks about a page of the app. */
function verify(port: number, target: string, cookie = "a=b") {
  const facts = { "x-forwarded-host": photos, "x-forwarded-proto": "https" }
  const page = { "x-forwarded-method": "GET", "x-forwarded-uri": target, accept: "text/html" }
  return send(port, "/verify/nginx", { headers: { host: photos, ...facts, ...page, cookie } })
}

function cookiesIn({ headers }: IncomingMessage): string {
  return (headers["set-cookie"] ?? []).map((text) => text.split(";")[0]).join("; ")
}

function pathIn({ headers: { location = "" } }: IncomingMessage): string {
  return location.replace(/^https:\/\/[^/]+/, "")
}

test("two replicas hand a login over, use a ticket once, and end it together", {
  skip,
}, async (t) => {
  const [one, other] = [await startPostern(t, replica(t)), await startPostern(t, replica(t))]
  const added = await runPostern(["user", "add", "alice"], replica(t), `${password}\n`)
  assert.equal(added.exitCode, 0, added.stderr)
  const form = `username=alice&password=${encodeURIComponent(password)}`
  const master = cookiesIn(await sendToLogin(one.port, "/login", { form }))
  assert.match(master, /^__Host-postern=/)
  const first = await verify(other.port, "/album")
  assert.equal(first.statusCode, 401)
  const state = cookiesIn(first)
  const handed = await sendToLogin(one.port, pathIn(first), { cookie: master })
  const ticket = pathIn(handed)
  assert.match(ticket, /^\/\.postern\/in\?t=/)
  const tries = await Promise.all([one, other].map(({ port }) => verify(port, ticket, state)))
  const gates = tries.map(cookiesIn).filter((cookie) => cookie !== "")
  assert.equal(gates.length, 1, "A ticket counts once")
  const [gate = ""] = gates
  for (const { port } of [one, other]) {
    const again = await verify(port, ticket, state)
    assert.deepEqual([cookiesIn(again), pathIn(again).split("?")[0]], ["", "/continue"])
    const page = await verify(port, "/album", gate)
    assert.deepEqual([page.statusCode, page.headers["remote-user"]], [200, "alice"])
  }
  const ended = await sendToLogin(one.port, "/logout", { cookie: master, form: "" })
  assert.ok(ended.statusCode === 200 || ended.statusCode === 303, String(ended.statusCode))
  for (const { port } of [other, one]) {
    assert.equal((await verify(port, "/album", gate)).statusCode, 401)
  }
})
