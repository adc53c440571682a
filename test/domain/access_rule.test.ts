// Who may go where: hosts and paths in every spelling that a client can send.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type AccessRefusal,
  type AccessRule,
  admits,
  createFindHost,
  isLoginRefusal,
  isOpen,
  isOpenPreflight,
  isPlainPath,
  type JudgedLogin,
  readHost,
  refusalOf,
} from "../../src/domain/access_rule.ts"

const nothing: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}
const bySpecial: AccessRule = { ...nothing, users: ["alice"] }
const byLab: AccessRule = { ...nothing, roles: ["lab"] }

const find = createFindHost(
  [
    { name: "*.lab.example", ports: [443, 8443], rule: byLab },
    { name: "special.lab.example", ports: [443], rule: bySpecial },
    { name: "xn--bcher-kva.example", ports: [8443], rule: nothing },
    { name: "nas", ports: [443], rule: nothing },
    { name: "*.example", ports: [443], rule: nothing },
  ],
  "login.example",
)

function found(text: string): string | null {
  const host = readHost(text)
  const one = host === null ? null : find(host)
  return one && `${one.origin} ${one.rule.roles ?? one.rule.users ?? ""}`
}

test("createFindHost() finds the most specific line in any order", () => {
  assert.equal(found("special.lab.example"), "https://special.lab.example alice")
  assert.equal(found("other.lab.example"), "https://other.lab.example lab")
  // The line of the very name has no such port, and no other line counts.
  assert.equal(found("special.lab.example:8443"), null)
  assert.equal(found("other.lab.example:8443"), "https://other.lab.example:8443 lab")
})

test("createFindHost() matches exactly one label by `*.`", () => {
  for (const host of ["lab.example", "a.b.lab.example", ".lab.example", "*.lab.example"]) {
    assert.ok(!found(host)?.endsWith("lab"), host)
  }
  assert.equal(found("lab.example"), "https://lab.example ")
  assert.equal(found("example"), null)
  assert.equal(found("*"), null)
})

test("createFindHost() finds a host in any case, with a last dot, and with the port of https", () => {
  for (const host of [
    ...["SPECIAL.Lab.Example", "special.lab.example.", "special.lab.example:443"],
    ...["special.lab.example.:443", "special.lab.example:00443"],
  ]) {
    assert.equal(found(host), "https://special.lab.example alice", host)
  }
  assert.equal(found("XN--BCHER-KVA.example:8443"), "https://xn--bcher-kva.example:8443 ")
})

test("createFindHost() never finds the host of the login page", () => {
  for (const host of ["login.example", "LOGIN.example.", "login.example:443", "login.example:80"]) {
    assert.equal(found(host), null, host)
  }
})

test("readHost() takes names and ports only", () => {
  for (const text of [
    ...["", ".", "..", "nas..", ".nas", "nas.:", "nas:", "nas:x", "nas:-1", "nas:443:443", ":443"],
    ...[
      "nas nas",
      " nas",
      "nas ",
      "nas\t",
      "nas\n",
      "nas,nas",
      "nas, nas",
      "nas/",
      "nas/x",
      "nas\\",
    ],
    ...[
      "nas@evil",
      "user@nas",
      "nas#",
      "nas?",
      "nas%2e",
      "%6eas",
      "[::1]",
      "[nas]",
      "nas\0",
      "-nas",
    ],
    ...[
      "n\u00e4s",
      "\u212aas",
      "na\u017f",
      "nas\u3002example",
      "\uff4eas",
      "https://nas",
      "a".repeat(300),
    ],
  ]) {
    assert.equal(readHost(text), null, JSON.stringify(text))
  }
  assert.deepEqual(readHost("NAS", 80), { name: "nas", port: 80 })
  assert.deepEqual(readHost("nas:443", 80), { name: "nas", port: 443 })
})

const open: AccessRule = { ...nothing, open: ["/help", "/public/"] }

function isOpenFor(path: string, method = "GET"): boolean {
  return isOpen(open, { method, path })
}

test("isOpen() takes whole segments below the prefix, by GET and HEAD", () => {
  for (const path of [
    ...["/help", "/help/", "/help/a", "/help/a.b/~c_d-e/", "/public/", "/public/a", "/public/.git"],
  ]) {
    assert.equal(isOpenFor(path), true, path)
    assert.equal(isOpenFor(path, "HEAD"), true, path)
    for (const method of ["POST", "PUT", "OPTIONS", "get", "TRACE", "QUERY", "GET ", ""]) {
      assert.equal(isOpenFor(path, method), false, `${method} ${path}`)
    }
  }
  assert.equal(isOpen(nothing, { method: "GET", path: "/" }), false)
  assert.equal(isOpen({ ...nothing, open: ["/"] }, { method: "GET", path: "/a" }), true)
})

test("isOpen() is false for everything that a proxy or an app may read in another way", () => {
  for (const path of [
    ...["/", "", "/helpx", "/help.", "/Help", "/HELP/", "/public", "/publicx", "/publi", "help"],
    ...["/public/../admin", "/public/..", "/public/.", "/public/./a", "/public/../public/a"],
    ...["//public/a", "/public//a", "/public/a//", "///public/", "/public//", "/x/../public/a"],
    ...["/public/%2e%2e/admin", "/public/..%2fadmin", "/public/%2e./admin", "/%70ublic/a"],
    ...["/public/a%00", "/public/%252e%252e/", "/public%2fa", "/public%5c..%5cadmin", "/public/%"],
    ...["/public\\a", "/public/..\\admin", "/public/a;/../../admin", "/public/..;/admin"],
    ...["/public/;x=1", "/public/a?x", "/public/a#x", "/public/a b", "/public/a\t", "/public/a\n"],
    ...["/public/\u0000", "/public/\u00e4", "/public/\uff0e\uff0e/admin", "/public/\u2024\u2024/x"],
    ...["/public/a+b", "/public/a:b", "/public/@a", "/public/*", "/public/'", "/public/\u007f"],
    ...[
      "http://nas/public/a",
      "*",
      "/./public/a",
      "/public/a/../../admin",
      "/public/%c0%ae%c0%ae/",
    ],
  ]) {
    assert.equal(isOpenFor(path), false, JSON.stringify(path))
  }
})

test("isPlainPath() has no empty segment but the last", () => {
  for (const path of ["/", "/a", "/a/", "/a/b.c", "/...", "/a..b"]) assert.ok(isPlainPath(path))
  for (const path of ["", "a", "//", "/a//", "/a//b", "/.", "/..", "/a/.", "/../"]) {
    assert.ok(!isPlainPath(path), path)
  }
})

test("isOpenPreflight() accepts only the preflights that browsers send", () => {
  const rule = { ...nothing, preflight: true }
  const asked = ["access-control-request-method", "PUT"] as const
  const headers = new Map([["origin", "https://a.example"], asked])
  assert.equal(isOpenPreflight(rule, { method: "OPTIONS", headers }), true)
  assert.equal(isOpenPreflight(nothing, { method: "OPTIONS", headers }), false)
  for (const method of ["GET", "options", "POST"]) {
    assert.equal(isOpenPreflight(rule, { method, headers }), false)
  }
  for (const some of [new Map([asked]), new Map([["origin", "x"]]), new Map<string, string>()]) {
    assert.equal(isOpenPreflight(rule, { method: "OPTIONS", headers: some }), false)
  }
})

test("admits() needs every word to hold", () => {
  const alice = { username: "alice", roles: ["lab", "ops"] }
  const rows: readonly (readonly [Partial<AccessRule>, boolean])[] = [
    [{}, true],
    [{ users: ["alice", "bob"] }, true],
    [{ users: ["bob"] }, false],
    [{ users: ["Alice"] }, false],
    [{ roles: ["admin", "ops"] }, true],
    [{ roles: ["admin"] }, false],
    [{ roles: ["lab"], users: ["bob"] }, false],
    [{ roles: ["admin"], users: ["alice"] }, false],
    [{ roles: ["lab"], users: ["alice"] }, true],
    [{ roles: [] }, false],
  ]
  for (const [words, isLetIn] of rows) {
    assert.equal(admits({ ...nothing, ...words }, alice), isLetIn, JSON.stringify(words))
  }
})

test("refusalOf() names what is missing first: enrolment, the right user, a factor, a fresh login", () => {
  const alice: JudgedLogin = {
    ...{ username: "alice", roles: ["lab"], secondsSinceLogin: 300 },
    ...{ acr: "aal1", mustEnrol: false },
  }
  const strict: Partial<AccessRule> = { roles: ["admin"], mfa: true, freshSeconds: 60 }
  const rows: readonly (readonly [
    rule: Partial<AccessRule>,
    login: Partial<JudgedLogin>,
    refusal: AccessRefusal | null,
  ])[] = [
    [{}, {}, null],
    [{}, { mustEnrol: true }, "not_enrolled"],
    [strict, { mustEnrol: true }, "not_enrolled"],
    [strict, {}, "missing_role"],
    [{ ...strict, users: ["bob"] }, { roles: ["admin"] }, "other_user"],
    [{ ...strict, users: ["alice"] }, {}, "missing_role"],
    [strict, { roles: ["admin"] }, "missing_factor"],
    [strict, { roles: ["admin"], acr: "aal2" }, "not_fresh"],
    [strict, { roles: ["admin"], acr: "aal2", secondsSinceLogin: null }, "not_fresh"],
    [strict, { roles: ["admin"], acr: "aal2", secondsSinceLogin: 60 }, null],
    [{ mfa: true }, { acr: "aal2", secondsSinceLogin: null }, null],
    [{ mfa: true }, {}, "missing_factor"],
    [{ freshSeconds: 300 }, {}, null],
    [{ freshSeconds: 299 }, {}, "not_fresh"],
  ]
  for (const [rule, login, refusal] of rows) {
    const found = refusalOf({ ...nothing, ...rule }, { ...alice, ...login })
    assert.equal(found, refusal, JSON.stringify([rule, login]))
  }
  const all: readonly AccessRefusal[] = [
    ...(["not_enrolled", "missing_factor", "not_fresh", "other_user", "missing_role"] as const),
  ]
  assert.deepEqual(all.filter(isLoginRefusal), ["not_enrolled", "missing_factor", "not_fresh"])
})
