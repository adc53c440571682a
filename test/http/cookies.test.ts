// Our own cookies: which value of a `Cookie` header counts, and how one is set and deleted.

import assert from "node:assert/strict"
import { test } from "node:test"
import { cookieNames, deleteCookie, readCookie, setCookie } from "../../src/http/cookies.ts"
import { makeRequest } from "../support/http_request.ts"

const { session, state } = cookieNames

function read(cookie: string, name: typeof session | typeof state = session) {
  return readCookie(makeRequest({ headers: { cookie } }), name)
}

test("readCookie() gives the value of the cookie with this name, wherever it stands", () => {
  const value = "Zm9v-_9.YmFy"
  const rows = [
    `${session}=${value}`,
    `a=b; ${session}=${value}`,
    `${session}=${value}; a=b`,
    `a="x"; ${session}=${value};b=c=d; ;`,
    ` \t${session}=${value}\t `,
    `${state}=other; ${session}=${value}`,
    `${session}x=other; ${session}=${value}`,
    `=${session}=other; ${session}=${value}`,
  ]
  for (const cookie of rows) assert.equal(read(cookie), value, cookie)
  assert.equal(read(`${session}=a; ${state}=b`, state), "b")
})

test("readCookie() gives null without the cookie, or for another spelling of its name", () => {
  assert.equal(readCookie(makeRequest(), session), null)
  const rows = [
    ...["", ";", "=", session, `${session}x=a`, `x${session}=a`, `=${session}=a`],
    ...[session.toLowerCase(), session.toUpperCase()].map((name) => `${name}=a`),
    ...[`${session} =a`, `a=b, ${session}=a`, `a=${session}=a`, `"${session}=a"`],
    // Blanks that are no blanks of a cookie: a browser lets a sibling host set such a name.
    ...["\u00a0", "\u2000", "\u3000", "\ufeff", "\v", "\f", "\0"].map((x) => `${x}${session}=a`),
  ]
  for (const cookie of rows) assert.equal(read(cookie), null, JSON.stringify(cookie))
})

test("readCookie() gives null for two cookies of the name, even with one value", () => {
  for (const second of ["b", "a", "", '"a"', "%61"]) {
    assert.equal(read(`${session}=a; ${session}=${second}`), null, second)
    assert.equal(read(`${session}=${second}; x=y; ${session}=a`), null, second)
  }
})

test("readCookie() gives null for a value that can't be ours", () => {
  const rows = [
    ...["", " ", '"a"', "a b", "a,b", "a=", "a=b", "a%2e", "ä", "a\0", "a\n", "a/b", "a+b"],
    "x".repeat(2049),
  ]
  for (const value of rows) assert.equal(read(`${session}=${value}`), null, JSON.stringify(value))
  assert.equal(read(`${session}=${"x".repeat(2048)}`)?.length, 2048)
})

test("readCookie() takes no long time for a long run of blanks", () => {
  const run = " \t".repeat(16_000)
  const started = performance.now()
  for (let times = 0; times < 20; times += 1) {
    assert.equal(read(`${session}=a; x=y${run}z`), "a")
    assert.equal(read(`${run}${session}=a${run}`), "a")
  }
  // Quadratic time would be ten times as long.
  assert.ok(performance.now() - started < 500)
})

test("setCookie() and deleteCookie() write the attributes of a __Host- cookie", () => {
  const attributes = "Path=/; Secure; HttpOnly; SameSite=Lax"
  assert.equal(setCookie(session, { value: "a.b" }), `__Host-postern=a.b; ${attributes}`)
  assert.equal(
    setCookie(state, { value: "a", maxAgeSeconds: 600 }),
    `__Host-postern_try=a; ${attributes}; Max-Age=600`,
  )
  assert.equal(deleteCookie(session), `__Host-postern=; ${attributes}; Max-Age=0`)
})

test("setCookie() throws for a value that readCookie() would not give back", () => {
  for (const value of ["", "a;b", "a\r\nX: y", "ä", "x".repeat(2049)]) {
    assert.throws(() => setCookie(session, { value }), {
      name: "TypeError",
      message: "Malformed value of the cookie '__Host-postern'",
    })
  }
})
