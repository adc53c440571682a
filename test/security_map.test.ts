// The maintainers' page of requirements against what is there: each requirement is there once, and
// each file that holds one exists.

import assert from "node:assert/strict"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { publishedAlgorithms, sharedAlgorithms } from "../src/token/keys/algorithms.ts"

const root = new URL("..", import.meta.url)
const page = "docs/maintainers/security-requirements.md"
const text = readFileSync(new URL(page, root), "utf8")

/** How many requirements each part has. */
const parts = { T: 20, B: 9, K: 12, R: 13, P: 13, L: 17, C: 8, H: 19, X: 5, S: 12, O: 9, D: 7 }
/** Of a higher tier, and not claimed. */
const unclaimed = ["P-10", "L-17"]
/** What no test of this repository can hold by itself. */
const withoutTest: readonly string[] = []

const requirements = Object.entries(parts).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}-${String(index + 1).padStart(2, "0")}`),
)
const bar = text.slice(text.indexOf("\n## The bar\n"), text.indexOf("\n## Cryptography\n"))
const rows = bar
  .split("\n")
  .filter((line) => /^\| [A-Z]-/.test(line))
  .map((line) => line.slice(2, -2).split(" | "))

function pathsOf(cell: string): readonly string[] {
  const named = [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
  return named.filter((name) => /^(?!\/)[\w./-]+$/.test(name) && /[./]|^Dockerfile$/.test(name))
}

test("security-requirements.md has each requirement of the bar once", () => {
  const claimed = requirements.filter((id) => !unclaimed.includes(id))
  assert.deepEqual(
    rows.map(([id]) => id),
    claimed,
  )
  for (const id of unclaimed) assert.ok(bar.includes(id), id)
  for (const [id, requirement, holder, ...more] of rows) {
    assert.ok((requirement ?? "").length > 15 && (holder ?? "").length > 15, id)
    assert.deepEqual(more, [], id)
  }
})

test("security-requirements.md names what holds each requirement, or says why nothing does", () => {
  const untested: string[] = []
  for (const [id = "", , holder = ""] of rows) {
    if (/^(?:does not apply|not held): \S/.test(holder)) continue
    const paths = pathsOf(holder)
    assert.ok(paths.length > 0, `${id} names no file`)
    if (!paths.some((path) => path.startsWith("test/"))) untested.push(id)
  }
  assert.deepEqual(untested, withoutTest)
})

test("security-requirements.md names no file that is not there", () => {
  const ofSource = /^(?:src|test|bench|bin|examples|\.ci)\//
  const named = pathsOf(text.replace(/^```[\s\S]*?^```$/gm, "")).filter((path) =>
    ofSource.test(path),
  )
  const missing = [...rows.flatMap(([, , holder = ""]) => pathsOf(holder)), ...named].filter(
    (path) => !existsSync(fileURLToPath(new URL(path, root))),
  )
  assert.deepEqual(missing, [])
  assert.ok(named.length > rows.length, "the paths were found")
})

test("security-requirements.md lists every algorithm", () => {
  const cryptography = text.slice(text.indexOf("\n## Cryptography\n"))
  const primitives = ["HMAC-SHA-256", "SHA-256", "Argon2id", "CRC-32", "Math.random"]
  for (const name of [
    ...Object.keys({ ...publishedAlgorithms, ...sharedAlgorithms }),
    ...primitives,
  ]) {
    assert.match(cryptography, new RegExp(`(?<![\\w-])${name}(?![\\w-])`), name)
  }
})

// Before you add a file here, look whether the section still lists everything.
test("security-requirements.md lists what these files do with cryptography, and no others do any", () => {
  const libraries =
    /(?:^|\}) from "(?:node:crypto|node:zlib|jose(?:\/[\w/]+)?|@node-rs\/argon2)"|crypto\.subtle/m
  const source = fileURLToPath(new URL("src", root))
  const users = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .filter((name) => {
      const code = readFileSync(join(source, name), "utf8")
      return libraries.test(code.replace(/import type [^;]*? from "[^"]+"/g, ""))
    })
  assert.deepEqual(users.sort(), [
    "http/tagged_reply.ts",
    "password/hash.ts",
    "store/json/checksum.ts",
    "store/json/journal_format.ts",
    "store/json/snapshot.ts",
    "system/random.ts",
    "token/access_token.ts",
    "token/device_token.ts",
    "token/keys/key_ring.ts",
    "token/keys/private_key.ts",
    "token/refresh_token.ts",
  ])
})
