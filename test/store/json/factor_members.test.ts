// What of a user's factors a file may hold: exactly the members that domain/factors.ts names.

import assert from "node:assert/strict"
import { test } from "node:test"
import { ticketsMax } from "../../../src/domain/ticket_tries.ts"
import { isFactors } from "../../../src/store/json/factor_members.ts"
import { pendingTotp, sampleFactors, samplePasskey, sampleTicket } from "../sample_factors.ts"
import { start } from "../sample_session.ts"

const tickets = [{ ...sampleTicket("t1"), tries: 2, isUsed: true }]
const device = { id: "d1", userAgent: "Browser/1.0", createdAt: start, expiresAt: start + 60 }
const passkeys = [samplePasskey("p1"), samplePasskey("p2", { lastUsedAt: start })]
const full = sampleFactors({ pendingTotp, passkeys, failures: 3, tickets, trusted: [device] })

type Json = Readonly<Record<string, unknown>>

test("isFactors() takes what the domain makes", () => {
  const empty = { totp: null, pendingTotp: null, recoveryCodes: [] }
  const many = Array.from({ length: ticketsMax }, (_, at) => ({ ...tickets[0], id: `t${at}` }))
  for (const factors of [
    full,
    sampleFactors(),
    { ...full, ...empty },
    { ...full, tickets: many },
    {
      ...full,
      passkeys: [samplePasskey("p1", { name: "Üñí \u0000 \ud83d\udd11", transports: [] })],
    },
  ]) {
    assert.equal(isFactors(JSON.parse(JSON.stringify(factors))), true)
  }
})

test("isFactors() refuses a missing or an extra member at any depth", () => {
  const objects = objectsOf(full)
  assert.equal(objects.length, 17)
  for (const [path, object] of objects) {
    for (const name of Object.keys(object)) {
      const { [name]: _, ...less } = object
      assert.equal(isFactors(replaced(full, path, less)), false, `${path}: no ${name}`)
      const renamed = { ...less, [`${name}2`]: object[name] }
      assert.equal(isFactors(replaced(full, path, renamed)), false, `${path}: ${name}2`)
    }
    const more = JSON.parse(JSON.stringify(object).replace("{", '{"__proto__":1,'))
    assert.equal(isFactors(replaced(full, path, more)), false, `${path}: more`)
  }
})

const long = "a".repeat(129)
const longer = "a".repeat(4097)
const wrong: readonly unknown[] = [
  undefined,
  true,
  -1,
  1.5,
  2 ** 53,
  "",
  " ",
  longer,
  [1],
  [null],
  {},
]
/** What some members may be all the same. */
const right: Readonly<Record<string, readonly unknown[]>> = {
  sealedSecret: ["", " "],
  credentialId: ["", " "],
  publicKey: ["", " "],
  name: ["", " "],
  userAgent: ["", " "],
  transports: [[]],
  isSynced: [true],
  isUsed: [true],
}

test("isFactors() takes no member that is something else", () => {
  let tried = 0
  for (const [path, object] of objectsOf(full)) {
    for (const name of Object.keys(object)) {
      for (const value of wrong) {
        const isRight = right[name]?.includes(value) ?? false
        const factors = replaced(full, path, { ...object, [name]: value })
        assert.equal(isFactors(factors), isRight, `${path}: ${name}: ${JSON.stringify(value)}`)
        tried += 1
      }
    }
  }
  assert.ok(tried > 500, `${tried}`)
})

const bcrypt = `$2b$12$${"A".repeat(53)}`

const refused: readonly (readonly [name: string, factors: unknown])[] = [
  ["null", null],
  ["a list", [full]],
  ["a text", "factors"],
  ["an id that is too long", { ...full, handle: long }],
  ["an id with a blank", { ...full, handle: "h h" }],
  ["an id with a dot", { ...full, totp: { ...full.totp, id: "a.b" } }],
  ["a code that is no hash", { ...full, recoveryCodes: [{ index: 0, hash: "ABCD" }] }],
  ["a code of another system's hash", { ...full, recoveryCodes: [{ index: 0, hash: bcrypt }] }],
  ["a list without end", { ...full, tickets: Array.from({ length: 1001 }, () => tickets[0]) }],
  ["a list that is an object", { ...full, passkeys: { length: 0 } }],
  [
    "a transport that is none",
    { ...full, passkeys: [samplePasskey("p1", { transports: [7 as never] })] },
  ],
  ["no app and no null", { ...full, totp: false }],
  ["a key without end", { ...full, passkeys: [samplePasskey("p1", { publicKey: longer })] }],
]

for (const [name, factors] of refused) {
  test(`isFactors() refuses ${name}`, () => {
    assert.equal(isFactors(factors), false)
  })
}

/** All objects within a value, with the way to each. */
function objectsOf(value: unknown, path: readonly string[] = []): [readonly string[], Json][] {
  if (typeof value !== "object" || value === null) return []
  const own: [readonly string[], Json][] = Array.isArray(value) ? [] : [[path, value as Json]]
  const within = Object.entries(value).flatMap(([name, one]) => objectsOf(one, [...path, name]))
  return [...own, ...within]
}

/** A copy with something else at the end of a way. */
function replaced(value: unknown, [name, ...rest]: readonly string[], other: unknown): unknown {
  if (name === undefined) return other
  const copy = structuredClone(value) as Record<string, unknown>
  copy[name] = replaced(copy[name], rest, other)
  return copy
}
