// H-08, H-13: to which names the service answers.

import assert from "node:assert/strict"
import { test } from "node:test"
import { hostNameOf, isAllowedHost } from "../../src/http/host.ts"

const names: readonly (readonly [host: string, name: string])[] = [
  ["login.example.org", "login.example.org"],
  ["Login.Example.ORG:8443", "login.example.org"],
  ["login.example.org.", "login.example.org"],
  ["login.example.org.:80", "login.example.org"],
  ["192.0.2.7:80", "192.0.2.7"],
  ["[2001:DB8:0::7]:80", "2001:db8::7"],
  ["[::ffff:192.0.2.7]", "192.0.2.7"],
  ["[::1]", "::1"],
  ["", ""],
  [":80", ""],
  [".", "."],
]

for (const [host, name] of names) {
  test(`hostNameOf() takes '${host}' for '${name}'`, () => assert.equal(hostNameOf(host), name))
}

test("isAllowedHost() takes any name without a list", () => {
  for (const host of ["evil.example", "", undefined]) assert.ok(isAllowedHost(host, null))
})

const allowed = ["login.example.org", "2001:db8::7"]

test("isAllowedHost() takes those of the list, and this machine's own", () => {
  const good = [
    ...["login.example.org", "LOGIN.example.org.:1", "[2001:DB8::7]:80", "localhost:8080"],
    ...["127.0.0.1", "[::1]:1", "[::ffff:127.0.0.1]"],
  ]
  for (const host of good) assert.ok(isAllowedHost(host, allowed), host)
  assert.ok(isAllowedHost("localhost", []))
})

test("isAllowedHost() refuses any other host", () => {
  const bad = [
    ...["evil.example", "login.example.org.evil.example", "evil-login.example.org", "example.org"],
    ...["a.login.example.org", "login.example.org..", "localhost.evil.example", "127.0.0.2"],
    ...["2001:db8::8", "", ".", "localhost:", "login.example.org:80:80"],
  ]
  for (const host of bad) assert.ok(!isAllowedHost(host, allowed), host)
  assert.ok(!isAllowedHost(undefined, allowed))
})
