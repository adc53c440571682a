// Code points are written out: what they look like is the point.

import assert from "node:assert/strict"
import { test } from "node:test"
import { canonicalUsername, isReservedName } from "../src/username.ts"

const names: readonly (readonly [what: string, typed: string, canonical: string | null])[] = [
  ["a plain name", "alice", "alice"],
  ["capitals", "ALICE", "alice"],
  ["an address", "alice.smith+x@example-host.org", "alice.smith+x@example-host.org"],
  ["a digit", "0", "0"],
  ["64 characters", "a".repeat(64), "a".repeat(64)],
  ["65 characters", "a".repeat(65), null],
  ["nothing", "", null],
  ["a dot first", ".alice", null],
  ["a minus first", "-alice", null],
  ["an at first", "@alice", null],
  ["a way out", "../alice", null],
  ["a slash", "a/b", null],
  ["a colon", "alice:x", null],
  ["a comma", "alice,bob", null],
  ["a quote", 'ali"ce', null],
  ["a blank after", "alice ", null],
  ["a blank before", " alice", null],
  ["a line end after", "alice\n", null],
  ["CRLF inside", "ali\r\nce", null],
  ["NUL after", "alice\0", null],
  ["an escape sequence", "\u001b[31malice", null],
  ["the Kelvin sign", "\u212aate", "kate"],
  ["the Ångström sign", "\u212bsa", null],
  ["full-width letters", "\uff21\uff4c\uff49\uff43\uff45", "alice"],
  ["modifier letters", "\u1d2e\u1d35\u1d33\u1d2e\u1d35\u1d3f\u1d30", "bigbird"],
  ["a long s", "\u017fam", "sam"],
  ["a roman number", "henry\u2167", "henryviii"],
  ["a ligature", "o\ufb03ce", "office"],
  ["a circled letter", "\u24d0lice", "alice"],
  ["a bold letter beyond the first plane", "\u{1d41a}lice", "alice"],
  ["a full-width at", "alice\uff20home", "alice@home"],
  ["Cyrillic а", "\u0430lice", null],
  ["Greek ο", "b\u03bfb", null],
  ["a dotless i", "al\u0131ce", null],
  ["a capital I with a dot", "AL\u0130CE", null],
  ["a sharp s", "stra\u00dfe", null],
  ["an accent", "al\u00edce", null],
  ["a combining accent", "ali\u0301ce", null],
  ["a zero-width space", "ali\u200bce", null],
  ["a zero-width joiner", "ali\u200dce", null],
  ["a soft hyphen", "ali\u00adce", null],
  ["a right-to-left override", "ali\u202ece", null],
  ["an isolate", "\u2066alice\u2069", null],
  ["a byte order mark", "\ufeffalice", null],
  ["a no-break space", "alice\u00a0", null],
  ["the account sign", "\u2100lice", null],
  ["an emoji", "🦊", null],
  ["a lone surrogate", "alice\ud800", null],
]

for (const [what, typed, canonical] of names) {
  test(`canonicalUsername() of ${what} is ${canonical}`, () => {
    assert.equal(canonicalUsername(typed), canonical)
  })
}

test("canonicalUsername() of the names of an object's members is plain data", () => {
  for (const name of ["constructor", "hasownproperty", "then", "length", "__proto__", "tostring"]) {
    assert.equal(canonicalUsername(name), name)
  }
  assert.equal(canonicalUsername("toString"), "tostring")
})

test("canonicalUsername() gives the same name again for what it gave", () => {
  for (const [what, , canonical] of names) {
    if (canonical !== null) assert.equal(canonicalUsername(canonical), canonical, what)
  }
})

test("canonicalUsername() does not normalize long text", () => {
  let normalized = 0
  const typed = Object.assign(new String("a\u0300\u0316".repeat(100)), {
    normalize() {
      normalized += 1
      return ""
    },
  })
  assert.equal(canonicalUsername(typed as unknown as string), null)
  assert.equal(normalized, 0)
})

test("isReservedName() keeps names that people take for the operator's or the service's", () => {
  for (const name of ["admin", "root", "support", "postern", "security", "null", "no-reply"]) {
    assert.equal(isReservedName(name), true, name)
    assert.equal(canonicalUsername(name), name)
  }
  const typed = ["ADMIN", "\uff52oot", "Postmaster", "No-Reply"]
  for (const name of typed) assert.equal(isReservedName(canonicalUsername(name) ?? ""), true, name)
})

test("isReservedName() leaves all others to those who come first", () => {
  const others = ["alice", "admins", "admin1", "rooty", "the-admin", "", "constructor", "__proto__"]
  for (const name of others) assert.equal(isReservedName(name), false, name)
})
