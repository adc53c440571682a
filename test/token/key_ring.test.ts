// The three rings, and what becomes of keys.json.

import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { readdir } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { machineDisk } from "../../src/disk.ts"
import { OperatorError } from "../../src/errors.ts"
import { signAccessToken, verifyAccessToken } from "../../src/token/access_token.ts"
import type { PublishedAlgorithm } from "../../src/token/algorithms.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  type KeyRing,
  openGeneratedKeyRing,
} from "../../src/token/key_ring.ts"
import { startOfTests as now } from "../support/fake_clock.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testSecret } from "../support/test_keys.ts"
import { damagedKeyFiles } from "../vectors/key_files.ts"
import { ecKeyPem, edKeyPem, rsaKeyPem } from "../vectors/signing_keys.ts"

const algorithms = ["ES256", "EdDSA", "PS256", "RS256"] as const
const pemByAlgorithm = { ES256: ecKeyPem, EdDSA: edKeyPem, PS256: rsaKeyPem, RS256: rsaKeyPem }
const grant = { username: "alice", roles: [], authTime: now, issuedAt: now, fresh: true }
const hint =
  "Restore it from a backup. Or move it away: a new key is made, and everybody logs in again."

/** The members of a JWK that its thumbprint is made of (RFC 7638 §3.2), sorted. */
const thumbprintMembers = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
}

test("openGeneratedKeyRing() makes a key of each algorithm, once", async (t) => {
  const path = join(temporaryDirectory(t), "keys.json")
  const kids: string[] = []
  for (const algorithm of algorithms) {
    const { ring, made } = await open(path, algorithm)
    const kid = ring.signing.kid ?? ""
    assert.equal(made, true)
    assert.ok(!kids.includes(kid), "a key of its own")
    kids.push(kid)
    checkPublished(ring, algorithm)
    assert.deepEqual([...ring.verifying.keys()], [kid], "keys of other algorithms don't verify")
    assert.equal(statSync(path).mode & 0o777, 0o600)
  }
  const { keys, ...file } = JSON.parse(readFileSync(path, "utf8"))
  assert.deepEqual(file, { format: "postern-keys", version: 1 })
  assert.deepEqual(
    keys.map(({ alg, kid, use }: Record<string, string>) => [alg, kid, use]),
    algorithms.map((algorithm, index) => [algorithm, kids[index], "sig"]),
  )
  assert.equal(Buffer.from(keys[3].n, "base64url").length * 8, 3072)
  assert.deepEqual(await readdir(join(path, "..")), ["keys.json"], "nothing is left behind")
})

test("openGeneratedKeyRing() reads the same keys again and leaves the file", async (t) => {
  const path = join(temporaryDirectory(t), "keys.json")
  const first = await open(path, "ES256")
  const bytes = readFileSync(path)
  const second = await open(path, "ES256")
  assert.deepEqual([second.made, second.warning], [false, null])
  assert.deepEqual(second.ring.publicKeys, first.ring.publicKeys)
  assert.deepEqual(readFileSync(path), bytes)
  const { token } = await signAccessToken(grant, settingsOf(first.ring))
  assert.equal((await verifyAccessToken(token, settingsOf(second.ring), now)).username, "alice")
})

test("openGeneratedKeyRing() verifies by all keys of its algorithm and signs by the last", async (t) => {
  const directory = temporaryDirectory(t)
  const [one, two] = [join(directory, "one.json"), join(directory, "two.json")]
  const older = await open(one, "ES256")
  const newer = await open(two, "ES256")
  const other = await open(one, "EdDSA")
  const [olderKey, otherKey] = JSON.parse(readFileSync(one, "utf8")).keys
  const [newerKey] = JSON.parse(readFileSync(two, "utf8")).keys
  write(one, { keys: [olderKey, otherKey, newerKey] })
  const { ring, made } = await open(one, "ES256")
  const kids = [older.ring.signing.kid, newer.ring.signing.kid]
  assert.equal(made, false)
  assert.deepEqual([...ring.verifying.keys()], kids)
  assert.equal(ring.signing.kid, kids[1])
  assert.deepEqual(
    ring.publicKeys.map(({ kid }) => kid),
    kids,
  )
  const before = await signAccessToken(grant, settingsOf(older.ring))
  assert.equal((await verifyAccessToken(before.token, settingsOf(ring), now)).username, "alice")
  const foreign = await signAccessToken(grant, settingsOf(other.ring))
  await assert.rejects(verifyAccessToken(foreign.token, settingsOf(ring), now), {
    code: "invalid_token",
    message: "Invalid token",
  })
})

test("openGeneratedKeyRing() repairs a mode that is too open, and says so", async (t) => {
  const path = join(temporaryDirectory(t), "keys.json")
  await open(path, "ES256")
  chmodSync(path, 0o644)
  const { warning } = await open(path, "ES256")
  assert.equal(warning, `'${path}' was open to other users (mode 644); it is 600 now`)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test("openGeneratedKeyRing() refuses a file that is not as written, and leaves it", async (t) => {
  const path = join(temporaryDirectory(t), "keys.json")
  const { ring } = await open(path, "ES256")
  const good = JSON.parse(readFileSync(path, "utf8"))
  for (const { name, change, why } of damagedKeyFiles) {
    const bytes = Buffer.from(change(good))
    writeFileSync(path, bytes)
    const message = `The key file '${path}' can't be used: ${why}`
    await assert.rejects(open(path, "ES256"), isOperatorError(message, hint), name)
    assert.deepEqual(readFileSync(path), bytes, name)
  }
  writeFileSync(path, JSON.stringify(good))
  assert.deepEqual((await open(path, "ES256")).ring.publicKeys, ring.publicKeys)
})

test("openGeneratedKeyRing() refuses a link and a directory in the file's place", async (t) => {
  const directory = temporaryDirectory(t)
  const [path, target] = [join(directory, "keys.json"), join(directory, "target.json")]
  const moveAway = "Move it away, or set POSTERN_DATA_DIR to another directory."
  symlinkSync(target, path)
  const link = `'${path}' is not a file, but a link`
  await assert.rejects(open(path, "ES256"), isOperatorError(link, moveAway), "dangling")
  await open(target, "ES256")
  const bytes = readFileSync(target)
  await assert.rejects(open(path, "ES256"), isOperatorError(link, moveAway), "to a good file")
  assert.deepEqual(readFileSync(target), bytes)
  mkdirSync(join(directory, "folder"))
  const folder = join(directory, "folder")
  const message = `'${folder}' is not a file, but a directory`
  await assert.rejects(open(folder, "ES256"), isOperatorError(message, moveAway))
})

test("openGeneratedKeyRing() passes a failing disk on and leaves the file as it was", async (t) => {
  const path = join(temporaryDirectory(t), "keys.json")
  await open(path, "ES256")
  const bytes = readFileSync(path)
  const full = Object.assign(new Error("No space"), { code: "ENOSPC" })
  const disk = { ...machineDisk, rename: () => Promise.reject(full) }
  await assert.rejects(openGeneratedKeyRing(path, "EdDSA", disk), full)
  assert.deepEqual(readFileSync(path), bytes)
})

test("createImportedKeyRing() makes a ring of a private key", async () => {
  for (const algorithm of algorithms) {
    const ring = await createImportedKeyRing(pemByAlgorithm[algorithm], algorithm)
    checkPublished(ring, algorithm)
    const { token } = await signAccessToken(grant, settingsOf(ring))
    assert.equal((await verifyAccessToken(token, settingsOf(ring), now)).username, "alice")
  }
})

test("createImportedKeyRing() throws TypeError for a key that does not fit", async () => {
  await assert.rejects(createImportedKeyRing(edKeyPem, "ES256"), {
    name: "TypeError",
    message: "Unusable private key: ES256 needs an elliptic curve key on P-256",
  })
})

test("createSharedKeyRing() has one key without a name and publishes nothing", async () => {
  for (const algorithm of ["HS256", "HS384", "HS512"] as const) {
    const ring = await createSharedKeyRing(testSecret, algorithm)
    assert.equal(ring.profile, "shared")
    assert.deepEqual(ring.publicKeys, [])
    assert.deepEqual([...ring.verifying.keys()], [undefined])
    assert.equal(ring.signing.kid, undefined)
    assert.equal(ring.signing.alg, algorithm)
    assert.equal(ring.signing.key.extractable, false)
  }
})

function open(path: string, algorithm: PublishedAlgorithm) {
  return openGeneratedKeyRing(path, algorithm, machineDisk)
}

function write(path: string, changes: object): void {
  writeFileSync(path, JSON.stringify({ format: "postern-keys", version: 1, ...changes }))
}

function settingsOf(ring: KeyRing) {
  return { ring, issuer: "https://a.example", audience: "https://a.example", accessTtlSeconds: 900 }
}

function isOperatorError(message: string, expectedHint: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof OperatorError, String(error))
    assert.equal(error.message, message)
    assert.equal(error.hint, expectedHint)
    assert.equal(error.exitCode, 65)
    return true
  }
}

/** What every ring of published keys holds to: names, members, and keys that can't be taken out. */
function checkPublished(ring: KeyRing, algorithm: PublishedAlgorithm): void {
  const [jwk, ...more] = ring.publicKeys
  assert.deepEqual(more, [])
  assert.equal(ring.profile, "published")
  const needed = thumbprintMembers[jwk?.kty as keyof typeof thumbprintMembers]
  assert.deepEqual(Object.keys(jwk ?? {}).sort(), [...needed, "alg", "kid", "use"].sort())
  assert.equal(jwk?.alg, algorithm)
  assert.equal(jwk?.use, "sig")
  const text = JSON.stringify(
    Object.fromEntries(
      Object.entries(jwk ?? {})
        .filter(isNeeded)
        .sort(),
    ),
  )
  assert.equal(jwk?.kid, createHash("sha256").update(text).digest("base64url"))
  assert.equal(ring.signing.kid, jwk?.kid)
  assert.equal(ring.signing.key.type, "private")
  assert.equal(ring.signing.key.extractable, false)
  assert.equal(ring.verifying.get(jwk?.kid)?.key.type, "public")
  assert.equal(ring.verifying.get(jwk?.kid)?.alg, algorithm)

  function isNeeded([name]: [string, unknown]): boolean {
    return needed.includes(name)
  }
}
