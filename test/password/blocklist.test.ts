import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { blocklist } from "../../src/password/blocklist.ts"
import { findPasswordFault } from "../../src/password/policy.ts"
import { spell } from "../../src/password/spelling.ts"

const folder = new URL("../../src/password/", import.meta.url)
const { passwords: breached } = JSON.parse(
  readFileSync(new URL("blocklist.json", folder), "utf8"),
) as { readonly passwords: readonly string[] }
const long = breached.filter((password) => [...password].length >= 15)

test("blocklist has more than the 3,000 passwords of 15 characters that ASVS 6.2.4 asks for", () => {
  assert.ok(long.length > 9_000, String(long.length))
  assert.ok(breached.length - long.length > 9_000, String(breached.length - long.length))
})

test("blocklist has each password once, as it is compared", () => {
  assert.equal(new Set(breached).size, breached.length)
  const unfolded = breached.filter((one) => one !== one.normalize("NFC").toLowerCase())
  assert.deepEqual(unfolded, [])
  for (const password of blocklist) {
    assert.match(password, /^[!-~]{3,40}$/)
    assert.equal(spell(password), password)
  }
})

test("blocklist has the commonest first, and those that came after it", () => {
  assert.deepEqual(breached.slice(0, 3), ["123456", "password", "12345678"])
  const known = ["passwordpassword", "qwerty123456789", "p@ssw0rd"]
  assert.deepEqual(
    known.filter((password) => !blocklist.has(spell(password))),
    [],
  )
})

test("findPasswordFault() refuses every long password of the list, in capitals too", async () => {
  for (const [index, password] of long.entries()) {
    const typed = index % 2 === 0 ? password : password.toUpperCase()
    const refusal = await findPasswordFault({ password: typed, username: "alice" })
    assert.equal(refusal?.code, "password_blocked", password)
  }
})

test("blocklist_license.txt names the source and gives its licence", () => {
  const license = readFileSync(new URL("blocklist_license.txt", folder), "utf8")
  assert.match(license, /SecLists[\s\S]*MIT License[\s\S]*Copyright \(c\) \d{4} Daniel Miessler/)
})
