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
const parts = {
  ...{ T: 20, B: 9, K: 12, R: 13, P: 13, L: 17, M: 18 },
  ...{ C: 8, H: 19, X: 5, S: 12, O: 9, D: 7 },
}
/** Of a higher tier, and not claimed. */
const unclaimed = ["P-10", "L-17"]

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
  assert.deepEqual(untested, [])
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
  const primitives = [
    ...["HMAC-SHA-256", "SHA-256", "HKDF-SHA-256", "AES-256-GCM", "Argon2id", "CRC-32"],
    ...["HMAC-SHA-1", "Math.random"],
  ]
  for (const name of [
    ...Object.keys({ ...publishedAlgorithms, ...sharedAlgorithms }),
    ...primitives,
  ]) {
    assert.match(cryptography, new RegExp(`(?<![\\w-])${name}(?![\\w-])`), name)
  }
})

/** By folder: what it uses of Node's cryptography and of Argon2, and whether it uses `jose`. */
const uses = {
  admin: ["createHash"],
  cli: ["brotliDecompressSync", "createGunzip", "createHash", "gunzipSync", "inflateSync"],
  config: ["X509Certificate"],
  domain: ["createHash"],
  factor: [
    ...["createCipheriv", "createDecipheriv", "createHmac", "createPublicKey"],
    "timingSafeEqual",
  ],
  pages: ["createHash"],
  password: [
    ...["createCipheriv", "createHash", "createHmac", "hash", "pbkdf2", "scrypt"],
    ...["timingSafeEqual", "verify"],
  ],
  service: ["createHash"],
  store: ["crc32", "createCipheriv", "createDecipheriv", "createHash", "hkdfSync"],
  system: ["randomBytes"],
  token: [
    ...["createHash", "createHmac", "createPrivateKey", "createPublicKey", "createSecretKey"],
    "crypto.subtle",
    ...["hkdfSync", "jose", "sign", "timingSafeEqual", "verify"],
  ],
}

// Before you add a use here, look whether the section still lists everything.
test("security-requirements.md lists all cryptography: these uses, and no others", () => {
  const source = fileURLToPath(new URL("src", root))
  const found: Record<string, Set<string>> = {}
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue
    const names = cryptographyIn(readFileSync(join(source, name), "utf8"))
    const [folder = ""] = name.split("/")
    if (names.length > 0) found[folder] = new Set([...(found[folder] ?? []), ...names])
  }
  const sorted = Object.entries(found).map(([folder, names]) => [folder, [...names].sort()])
  assert.deepEqual(Object.fromEntries(sorted), uses)
})

function cryptographyIn(code: string): readonly string[] {
  const libraries =
    /^import (\{[^}]*\}|[^"]*) from "(node:crypto|node:zlib|jose|@node-rs\/argon2)["/]/gm
  const names = [...code.matchAll(libraries)].flatMap(([, list = "", library = ""]) => {
    if (list.startsWith("type ")) return []
    if (library === "jose") return ["jose"]
    const imported = list.replace(/[{}]/g, "").split(",")
    return imported.map((name) => name.trim().replace(/ as .*/, ""))
  })
  const used = names.filter((name) => name !== "" && !name.startsWith("type "))
  return code.includes("crypto.subtle") ? [...used, "crypto.subtle"] : used
}
