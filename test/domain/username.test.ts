// Code points are written out: what they look like is the point.

import assert from "node:assert/strict"
import { test } from "node:test"
import {
  canonicalUsername,
  isNameInRecord,
  isReservedName,
  quotedName,
  usernameLengthMax,
  usernameRule,
} from "../../src/domain/username.ts"
import { cpuMillis } from "../support/cpu_millis.ts"

const names: readonly (readonly [what: string, typed: string, canonical: string | null])[] = [
  ["a plain name", "alice", "alice"],
  ["capitals", "ALICE", "alice"],
  ["an address", "alice.smith+x@example-host.org", "alice.smith+x@example-host.org"],
  ["a digit", "0", "0"],
  ["254 characters", "a".repeat(254), "a".repeat(254)],
  ["255 characters", "a".repeat(255), null],
  ["254 characters of two units each", "\u{1d41a}".repeat(254), "a".repeat(254)],
  ["254 characters between blanks", `${" ".repeat(600)}${"a".repeat(254)}\n`, "a".repeat(254)],
  ["85 letters that unfold to 255", "\ufb03".repeat(85), null],
  ["an apostrophe", "O'Brien@example.org", "o'brien@example.org"],
  ["a telephone number", "+491701234567", "+491701234567"],
  ["every character of addresses that is taken", "a!$&'+-=^_~.@9", "a!$&'+-=^_~.@9"],
  ["nothing", "", null],
  ...[..."._@+!$&'=^~"].map((first) => [`${first} first`, `${first}a`, `${first}a`] as const),
  ...[..."._@+!$&'=^~-"].map((last) => [`${last} last`, `a${last}`, `a${last}`] as const),
  ...[..."/\\|{}*?%#`"].map(
    (not) => [`${not}, which addresses may have`, `a${not}b`, null] as const,
  ),
  ...[...'"(),:;<>[]'].map((not) => [`${not}`, `a${not}b`, null] as const),
  ["a minus first", "-alice", null],
  ["a minus first after a blank", " -alice", null],
  ["a full-width minus first", "\uff0dalice", null],
  ["only a minus", "-", null],
  ["only dots", "..", null],
  ["only a dot", ".", null],
  ["a full-width dot", "\uff0e", null],
  ["a way out", "../alice", null],
  ["a one-dot leader in the place of dots", "\u2024\u2024/alice", null],
  ["a typographic apostrophe", "o\u2019brien", null],
  ["a full-width apostrophe", "o\uff07brien", "o'brien"],
  ["a blank after", "alice ", "alice"],
  ["a blank before", " alice", "alice"],
  ["tabs around", "\talice\t", "alice"],
  ["a line end after", "alice\n", "alice"],
  ["CRLF after", "alice\r\n", "alice"],
  ["a next-line after", "alice\u0085", "alice"],
  ["a line separator before", "\u2028alice", "alice"],
  ["no-break, em and ideographic spaces around", "\u00a0\u2003alice\u3000", "alice"],
  ["an Ogham space after", "alice\u1680", "alice"],
  ["nothing but blanks", " \t\u00a0", null],
  ["a blank inside", "al ice", null],
  ["a no-break space inside", "al\u00a0ice", null],
  ["a line end inside", "alice\nbob", null],
  ["what unfolds to a blank and a mark", "\u00a8alice", null],
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
  ["a zero-width space after", "alice\u200b", null],
  ["a Braille blank after", "alice\u2800", null],
  ["a separator of records after", "alice\u001e", null],
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

test("canonicalUsername() leaves a canonical name as it is", () => {
  for (const [what, , canonical] of names) {
    if (canonical !== null) assert.equal(canonicalUsername(canonical), canonical, what)
  }
})

test("canonicalUsername() does not normalize long text", (t) => {
  const { mock } = t.mock.method(String.prototype, "normalize")
  assert.equal(canonicalUsername(`a${"\u0300".repeat(508)}`), null)
  assert.equal(mock.callCount(), 0)
  assert.equal(canonicalUsername(`  a${"\u0300".repeat(507)}  `), null)
  assert.equal(mock.callCount(), 1)
})

test("canonicalUsername() takes linear time for many blanks", () => {
  for (const typed of [`a${" ".repeat(400_000)}a`, " a".repeat(200_000), " ".repeat(400_000)]) {
    assert.ok(cpuMillis(() => canonicalUsername(typed)) < 1000)
  }
})

test("usernameRule names every character that a name may have, and no other", () => {
  for (let code = 0; code < 0x100; code += 1) {
    const character = String.fromCharCode(code)
    const isTaken = canonicalUsername(`x${character}x`) === `x${character}x`
    const isTold = / a-z 0-9 (.+), not/.exec(usernameRule)?.[1]?.split(" ").includes(character)
    assert.equal(isTaken, isTold || /[a-z0-9]/.test(character), JSON.stringify(character))
  }
  assert.match(usernameRule, /^1 to 254 of/)
})

test("isNameInRecord() accepts every canonical name, and other printable ASCII of that length", () => {
  for (const [what, , canonical] of names) {
    if (canonical !== null) assert.ok(isNameInRecord(canonical), what)
  }
  for (const name of ["-", "Alice", "a/b", "x".repeat(usernameLengthMax)]) {
    assert.ok(isNameInRecord(name), name)
  }
  for (const name of ["", " ", "al ice", "alice\n", "\u00e4", "\x7f", "x".repeat(255)]) {
    assert.ok(!isNameInRecord(name), name)
  }
})

test("quotedName() quotes with what the name can't have", () => {
  assert.equal(quotedName("alice"), "'alice'")
  assert.equal(quotedName("o'brien"), `"o'brien"`)
  for (const [what, , canonical] of names) assert.ok(!canonical?.includes('"'), what)
})

test("isReservedName() keeps names that people take for the operator's or the service's", () => {
  for (const name of ["admin", "root", "support", "postern", "security", "null", "no-reply"]) {
    assert.equal(isReservedName(name), true, name)
    assert.equal(canonicalUsername(name), name)
  }
  const typed = ["ADMIN", "\uff52oot", "Postmaster", "No-Reply"]
  for (const name of typed) assert.equal(isReservedName(canonicalUsername(name) ?? ""), true, name)
})

test("isReservedName() is false for all other names", () => {
  const others = ["alice", "admins", "admin1", "rooty", "the-admin", "", "constructor", "__proto__"]
  for (const name of others) assert.equal(isReservedName(name), false, name)
})
