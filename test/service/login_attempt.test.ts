import assert from "node:assert/strict"
import { test } from "node:test"
import { askerOf, operator } from "../../src/service/login_attempt.ts"

const rows: readonly (readonly [
  what: string,
  attempt: Parameters<typeof askerOf>[0],
  groups: readonly string[],
])[] = [
  [
    "an IPv4 address",
    { username: "alice", address: "::ffff:192.0.2.7", device: null },
    ["client 192.0.2.7", "account alice"],
  ],
  [
    "an IPv6 address",
    { username: "alice", address: "2001:db8:1:2::3", device: null },
    ["client 2001:db8:1:2::/64", "client 2001:db8:1::/48", "account alice"],
  ],
  [
    "a name that can't be one",
    { username: null, address: "192.0.2.7", device: null },
    ["client 192.0.2.7", "account "],
  ],
  [
    "a device, wherever it is",
    { username: "alice", address: "192.0.2.7", device: "d1" },
    ["device alice d1", "devices alice"],
  ],
]

for (const [what, attempt, groups] of rows) {
  test(`askerOf() puts ${what} into its groups`, () => {
    assert.deepEqual(askerOf(attempt), { groups, isKnown: attempt.device !== null })
  })
}

test("operator belongs to no group of the queue", () => {
  assert.deepEqual(operator, { groups: [], isKnown: true })
})
