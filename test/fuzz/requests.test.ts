// Any body and any headers, on every route: never a 5xx but 503, errors of the one form, and
// nothing secret in a reply or a log line.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type RouteParts, routes } from "../../src/routes.ts"
import { type Actor, canary, createActor, type Row } from "./actor.ts"
import { anyBytes, anyJson, anyText, edited, edits } from "./inputs.ts"
import { holds } from "./property.ts"

type Headers = Readonly<Record<string, string>>
type Sender = "nobody" | "alice" | "her refresh token" | "noise"

const rows: readonly Row[] = routes({
  sessions: {},
  register: () => {},
  issuer: "https://login.example.org",
} as unknown as RouteParts)
  .flat()
  .map(([method, path]) => ({ method, path }))
const guarded = ["/protected", "/me", "/sessions", "/sessions/{sid}", "/password"]
const route = fc.constantFrom(...rows)
const sender = fc.constantFrom<Sender>("nobody", "alice", "her refresh token", "noise")

const goodBodies: readonly object[] = [
  { username: "bob", password: `${canary} is wrong` },
  { username: "carol", password: `${canary} is a new one`, device_token: `ptd_${canary}` },
  { username: "dave", password: `${canary} is a new one` },
  { refresh_token: `ptr_${canary}` },
  { current: `${canary} is wrong`, new: `${canary} is a new one` },
]
const jsonFragments = [
  ...['"', "\\", ":", ",", "{", "}", "[]", '"username":', '"password":', "\\u0000", "\\ud800"],
  ...["null", "1e999", '"__proto__":{}', '"role":"admin",', "\ufeff", " ", "\n", "\xff", "[[[["],
]
const goodBody = fc.constantFrom(...goodBodies)
const names = [
  ...["username", "password", "device_token", "refresh_token", "current", "new", "__proto__"],
  ...["roles", "constructor", "toString"],
]
const memberName = fc.oneof(fc.constantFrom(...names), anyText)
const body: fc.Arbitrary<Buffer> = fc.oneof(
  anyBytes,
  fc
    .tuple(goodBody, edits(jsonFragments))
    .map(([value, changes]) => edited(Buffer.from(JSON.stringify(value)), changes)),
  fc
    .tuple(goodBody, fc.dictionary(memberName, anyJson, { maxKeys: 3 }))
    .map(([value, more]) => Buffer.from(JSON.stringify({ ...value, ...more }))),
  fc.dictionary(memberName, anyJson).map((value) => Buffer.from(JSON.stringify(value))),
  fc
    .constantFrom("[".repeat(8000), '{"a":'.repeat(3000), `{"username":"${"A".repeat(9000)}"}`)
    .map((text) => Buffer.from(text)),
)
const contentType = fc.oneof(
  { weight: 8, arbitrary: fc.constant("application/json") },
  { weight: 1, arbitrary: anyText },
)

test("every route answers any body in order", async (t) => {
  const alice = await createActor(t)
  const inputs = fc.tuple(route, body, contentType, sender)
  const claim = async ([row, bytes, type, who]: [Row, Buffer, string, Sender]) => {
    const headers = { ...credentials(alice, who), "content-type": type }
    await alice.send(row, { headers, body: bytes })
    alice.assertQuiet()
    await alice.goOn()
  }
  await holds(inputs, claim, { runs: 600 })
})

test("every route answers any Authorization header properly, and lets no bad one in", async (t) => {
  const alice = await createActor(t)
  const known = [
    ...["Bearer", "bearer", "Basic", " ", "  ", "\t", ",", "=", '"', "a.b.c", "TOKEN"],
    ...["Bearer TOKEN", "bearer TOKEN", "BEARER TOKEN"],
  ]
  const some = fc.array(fc.constantFrom(...known), { maxLength: 5 }).map((list) => list.join(""))
  const claim = async ([row, text]: [Row, string]) => {
    const authorization = text.replaceAll("TOKEN", alice.tokens().access_token)
    const { status } = await alice.send(row, { headers: { authorization } })
    const isGood = /^bearer +TOKEN$/i.test(text)
    if (guarded.includes(row.path) && !isGood) assert.ok([400, 401].includes(status), `${status}`)
    alice.assertQuiet()
    await alice.goOn()
  }
  await holds(fc.tuple(route, fc.oneof(anyText, some)), claim, { runs: 300 })
})

test("a good token in the body counts, whatever Authorization and members stand beside it", async (t) => {
  const alice = await createActor(t)
  const known = ["Bearer", "Basic", " ", "\t", ",", "null", "a.b.c", "ACCESS", "Bearer ACCESS"]
  const some = fc.array(fc.constantFrom(...known), { maxLength: 5 }).map((list) => list.join(""))
  const more = fc.dictionary(memberName, anyJson, { maxKeys: 3 })
  const path = fc.constantFrom("/refresh", "/logout", "/login")
  const inputs = fc.tuple(path, fc.oneof(anyText, some), more)
  const claim = async ([path, text, members]: [string, string, object]) => {
    const { access_token, refresh_token } = alice.tokens()
    const authorization = text.replaceAll("ACCESS", access_token)
    const own = { username: "alice ", password: "wonderland", refresh_token, device_token: null }
    const body = Buffer.from(JSON.stringify({ ...members, ...own }))
    const headers = { authorization, "content-type": "application/json; charset=utf8" }
    const { status } = await alice.send({ method: "POST", path }, { headers, body })
    assert.equal(status, path === "/logout" ? 204 : 200)
    const me = { headers: { authorization: `Bearer ${access_token}` } }
    const { status: after } = await alice.send({ method: "GET", path: "/me" }, me)
    assert.equal(after, path === "/logout" ? 401 : 200)
    alice.assertQuiet()
    await alice.goOn()
  }
  await holds(inputs, claim, { runs: 200 })
})

test("a Cookie, or a header that others believe, changes no answer", async (t) => {
  const alice = await createActor(t)
  const known = ["access_token_cookie=", "__Host-sid=", "; ", "=", ",", '"', "csrf=", "a.b.c"]
  const some = fc.array(fc.constantFrom(...known), { maxLength: 6 }).map((list) => list.join(""))
  const believed = ["x-http-method-override", "x-original-url", "x-forwarded-user", "range"]
  const more = fc.dictionary(fc.constantFrom(...believed, "x-forwarded-prefix"), anyText)
  const harmless = rows.filter(({ method, path }) => method === "GET" || path === "/refresh")
  const inputs = fc.tuple(fc.constantFrom(...harmless), fc.oneof(anyText, some), more, sender)
  const claim = async ([row, cookie, others, who]: [Row, string, Headers, Sender]) => {
    if (row.path === "/refresh" && who === "her refresh token") return
    const headers = credentials(alice, who)
    const expected = await alice.send(row, { headers })
    assert.deepEqual(
      await alice.send(row, { headers: { ...others, cookie, ...headers } }),
      expected,
    )
  }
  await holds(inputs, claim, { runs: 300 })
})

function credentials(alice: Actor, who: Sender): Headers {
  const { access_token, refresh_token } = alice.tokens()
  const tokens = { alice: access_token, "her refresh token": refresh_token, noise: canary }
  return who === "nobody" ? {} : { authorization: `Bearer ${tokens[who]}` }
}
