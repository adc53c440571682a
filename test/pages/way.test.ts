// The way through a login: what is carried along, and what is not.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type AccessRule, createFindHost } from "../../src/domain/access_rule.ts"
import { noWay, pathOf, placeOf, readWay, wayFields } from "../../src/pages/way.ts"

const rule: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}
const findHost = createFindHost([{ name: "a.example", ports: [443], rule }], "login.example.org")
const st = "s".repeat(43)

function read(fields: { readonly to: string; readonly st: string; readonly n?: string }) {
  return readWay({ n: "", ...fields }, findHost)
}

test("readWay() and wayFields() carry a destination and a state along", () => {
  const way = read({ to: "https://a.example/x?y=1", st })
  assert.ok(way)
  assert.deepEqual(wayFields(way), { to: "https://a.example/x?y=1", st })
  assert.equal(pathOf("/login", way), `/login?to=https://a.example/x?y=1&st=${st}`)
  const path = `/login?again=1&to=https://a.example/x?y=1&st=${st}`
  assert.equal(pathOf("/login", way, { again: "1" }), path)
})

test("readWay() gives null for an address that is not listed, and ignores a malformed state", () => {
  assert.equal(read({ to: "https://evil.example/", st }), null)
  for (const bad of ["", "x", `${st}x`, "=".repeat(43)]) {
    assert.equal(read({ to: "https://a.example/", st: bad })?.state, null)
  }
  assert.equal(read({ to: "", st }), noWay)
  assert.deepEqual([wayFields(noWay), pathOf("/login", noWay)], [{}, "/login"])
})

test("a way counts the tries of its hand-over", () => {
  const read = (n: string) => readWay({ to: "https://a.example/", st, n }, findHost)
  const [first, second] = [read(""), read("1")]
  assert.ok(first && second)
  assert.deepEqual([first.attempt, second.attempt, read("x")?.attempt], [0, 1, 0])
  assert.equal(pathOf("/continue", second), `/continue?to=https://a.example/&st=${st}&n=1`)
  assert.equal(pathOf("/continue", first), `/continue?to=https://a.example/&st=${st}`)
})

test("pathOf() leads to the first page when the address is too long to be asked for", () => {
  const way = read({ to: "https://a.example/".padEnd(2000, "x"), st })
  assert.ok(way)
  assert.equal(pathOf("/continue", way), `/continue?to=https://a.example/&st=${st}`)
  const fits = read({ to: "https://a.example/".padEnd(1900, "x"), st })
  assert.ok(fits && pathOf("/continue", fits).length > 1900)
})

test("pathOf() of a way with a place leads to that page, and keeps the destination", () => {
  const to = "https://a.example/"
  const way = readWay({ to, st, at: "totp" }, findHost) ?? assert.fail()
  assert.deepEqual(wayFields(way), { to, st, at: "totp" })
  assert.equal(placeOf(way), `/account/totp?to=${to}&st=${st}`)
  const alone = readWay({ at: "totp" }, findHost) ?? assert.fail()
  assert.deepEqual([placeOf(alone), wayFields(alone)], ["/account/totp", { at: "totp" }])
  assert.equal(placeOf(noWay), null)
  for (const at of ["", "x", "/account", "https://evil.example", "__proto__", "toString"]) {
    assert.equal(readWay({ at }, findHost), noWay, at)
    assert.equal(readWay({ to, st, at }, findHost)?.place, null)
  }
})
