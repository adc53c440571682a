import assert from "node:assert/strict"
import { test } from "node:test"
import { fromThisMachine, isLoopback, urlOf } from "../../src/system/address.ts"

test("urlOf() writes an address as a URL", () => {
  assert.equal(urlOf({ host: "127.0.0.1", port: 8080 }), "http://127.0.0.1:8080")
  assert.equal(urlOf({ host: "::1", port: 8080 }), "http://[::1]:8080")
})

const reached: readonly (readonly [listensAt: string, from: string])[] = [
  ["0.0.0.0", "127.0.0.1"],
  ["0", "127.0.0.1"],
  ["::", "::1"],
  ["::1", "::1"],
  ["127.0.0.5", "127.0.0.5"],
  ["192.0.2.7", "192.0.2.7"],
  ["localhost", "localhost"],
]

for (const [host, from] of reached) {
  test(`fromThisMachine() reaches a service at ${host} under ${from}`, () => {
    assert.deepEqual(fromThisMachine({ host, port: 1 }), { host: from, port: 1 })
  })
}

test("isLoopback() knows the addresses of this machine alone", () => {
  for (const host of ["localhost", "127.0.0.1", "127.0.0.5", "::1", "[::1]"]) {
    assert.equal(isLoopback(host), true, host)
  }
  for (const host of ["0.0.0.0", "::", "192.0.2.7", "localhost.example.org"]) {
    assert.equal(isLoopback(host), false, host)
  }
})
