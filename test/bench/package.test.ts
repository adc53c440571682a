// What bench installs is held to what the root is: exact versions, hashes, no place to get it from.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

interface LockEntry {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
}

const manifest = JSON.parse(readProjectFile("bench/package.json"))
const rootManifest = JSON.parse(readProjectFile("package.json"))
const lock = JSON.parse(readProjectFile("bench/package-lock.json"))
const entries: Readonly<Record<string, LockEntry>> = lock.packages

test("bench names exact versions, and the lock the same", () => {
  for (const [name, version] of Object.entries<string>(manifest.dependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/, name)
    assert.equal(entries[`node_modules/${name}`]?.version, version, name)
  }
})

test("bench has a hash of everything, and no place to get it from", () => {
  for (const [name, { integrity, resolved }] of Object.entries(entries)) {
    if (name !== "") assert.match(integrity ?? "", /^sha512-[\w+/]{86}==$/, name)
    assert.equal(resolved, undefined, name)
  }
  assert.equal(readProjectFile("bench/.npmrc"), readProjectFile(".npmrc"))
})

test("bench builds the service with the versions that the service has", () => {
  const own = { ...rootManifest.dependencies, ...rootManifest.devDependencies }
  const built = ["jose", "@node-rs/argon2", "@simplewebauthn/server", "esbuild", "pg", "uqr"]
  for (const name of built) {
    assert.equal(manifest.dependencies[name], own[name], name)
  }
})

function readProjectFile(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")
}
