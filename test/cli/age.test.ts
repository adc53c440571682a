// Encryption of backups: with age itself, where it is there, and through the commands.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { generateX25519Identity, identityToRecipient } from "age-encryption"
import { ageHeader, decryptWith, encryptTo } from "../../src/cli/age.ts"
import { writeBackupFile } from "../../src/cli/backup_file.ts"
import { OperatorError } from "../../src/errors.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { pipedInput } from "../support/fake_terminal.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { backedUp, placeOfService, run } from "./backup_places.ts"

/** A key as age-keygen writes it, in a file. */
async function keyOf(t: TestContext) {
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const path = join(temporaryDirectory(t), "key.txt")
  writeFileSync(path, `# created: now\n# public key: ${recipient}\n${identity}\n\n`)
  return { identity, recipient, path }
}

async function* pieces(bytes: Uint8Array, length = 10_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) yield bytes.subarray(at, at + length)
}

async function gathered(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}

const text = Buffer.from("postern-private-keys\n".repeat(20_000))

test("decryptWith() gives what encryptTo() was given, for each of the recipients", async (t) => {
  const [one, other] = [await keyOf(t), await keyOf(t)]
  const encrypt = await encryptTo(`${one.recipient}, ${other.recipient}`)
  for (const plain of [text, Buffer.alloc(0)]) {
    const encrypted = await gathered(encrypt(pieces(plain)))
    assert.equal(encrypted.toString("latin1", 0, ageHeader.length), ageHeader)
    assert.ok(!encrypted.includes("private"))
    for (const { path } of [one, other]) {
      const decrypt = await decryptWith(readFileSync(path, "utf8"), "the key")
      assert.ok((await gathered(decrypt(pieces(encrypted, 777)))).equals(plain))
    }
  }
})

test("encryptTo() and decryptWith() hold a few pieces in memory", async (t) => {
  const { recipient, identity } = await keyOf(t)
  const piece = Buffer.alloc(100_000, "x")
  let given = 0
  async function* many() {
    for (; given < 200; given += 1) yield piece
  }
  const decrypt = await decryptWith(identity, "the key")
  const encrypt = await encryptTo(recipient)
  let taken = 0
  for await (const part of decrypt(encrypt(many()))) {
    taken += part.byteLength
    assert.ok(given * piece.byteLength - taken < 1_500_000, `${given} given, ${taken} bytes taken`)
  }
  assert.equal(taken, 200 * piece.byteLength)
})

const age = spawnSync("age", ["--version"]).status === 0

test("age decrypts what encryptTo() gives, and the reverse", {
  skip: !age && "no age here",
}, async (t) => {
  const { recipient, path, identity } = await keyOf(t)
  const encrypted = await gathered((await encryptTo(recipient))(pieces(text)))
  assert.ok(execFileSync("age", ["-d", "-i", path], { input: encrypted }).equals(text))
  const theirs = execFileSync("age", ["-r", recipient], { input: text })
  assert.ok((await gathered((await decryptWith(identity, "k"))(pieces(theirs)))).equals(text))
})

test("encryptTo() and decryptWith() refuse a bad key without quoting it", async () => {
  for (const recipients of ["", "age1xx", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1XYZ", "bob"]) {
    await assert.rejects(encryptTo(recipients), (error) => {
      assert.ok(error instanceof OperatorError)
      assert.equal(error.message, "--encrypt-to: that is no recipient of age")
      return error.exitCode === 2
    })
  }
  for (const identities of ["", "# only a comment\n", "AGE-SECRET-KEY-1XYZ\n", "age1xx"]) {
    await assert.rejects(decryptWith(identities, "'key.txt'"), (error) => {
      assert.ok(error instanceof OperatorError)
      assert.equal(error.message, "The file 'key.txt' has no identity of age")
      return error.exitCode === 2
    })
  }
})

test("decryptWith() refuses another key, and a text that was cut or changed", async (t) => {
  const { recipient, identity } = await keyOf(t)
  const other = await keyOf(t)
  const encrypted = await gathered((await encryptTo(recipient))(pieces(text)))
  const changed = Buffer.from(encrypted)
  changed[300_000] = (changed[300_000] ?? 0) ^ 1
  const refused = (error: unknown) => {
    assert.ok(error instanceof OperatorError, String(error))
    assert.equal(error.message, "The backup can't be decrypted with the key")
    return error.exitCode === 65
  }
  const read = async (bytes: Uint8Array, key: string) =>
    gathered((await decryptWith(key, "the key"))(pieces(bytes)))
  await assert.rejects(read(encrypted, other.identity), refused)
  for (const length of [5, 100, 200_000, encrypted.byteLength - 1]) {
    await assert.rejects(read(encrypted.subarray(0, length), identity), refused)
  }
  await assert.rejects(read(changed, identity), refused)
  async function* broken(): AsyncIterable<Uint8Array> {
    yield encrypted.subarray(0, 1000)
    throw new OperatorError("The disk", { hint: "", exitCode: 1 })
  }
  await assert.rejects(gathered((await decryptWith(identity, "k"))(broken())), {
    message: "The disk",
  })
})

test("postern backup --encrypt-to writes what only the key reads", async (t) => {
  const { recipient, identity } = await keyOf(t)
  const { settings, file, data } = await placeOfService(t)
  const made = await run(["backup", file, "--encrypt-to", recipient], settings)
  assert.deepEqual([made.exitCode, made.stderr], [0, ""])
  const bytes = readFileSync(file)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(!bytes.includes("alice") && !bytes.includes("postern"))
  const plain = await gathered((await decryptWith(identity, "k"))(pieces(bytes)))
  assert.equal(JSON.parse(plain.toString()).users.length, 2)
  const note = JSON.parse(readFileSync(join(data, "last_backup.json"), "utf8"))
  assert.equal(note.bytes, bytes.byteLength)
  const wrong = await run(["backup", `${file}2`, "--encrypt-to", "bob"], settings)
  assert.equal(wrong.exitCode, 2)
})

test("postern restore --identity reads an encrypted backup, from a file and from a pipe", async (t) => {
  const { recipient, path } = await keyOf(t)
  const { file, settings, data } = await backedUp(t)
  const plain = readFileSync(file)
  writeFileSync(file, await gathered((await encryptTo(recipient))(pieces(plain))))
  const checked = await run(["restore", file, "--check", "--identity", path], settings)
  assert.match(checked.stdout, /^The backup '.*' is whole\. /, checked.stderr)
  const input = pipedInput(readFileSync(file).subarray(0, 7), readFileSync(file).subarray(7))
  const words = ["restore", "-", "--identity", path]
  const restored = await run(words, settings, (terminal) => ({ ...terminal, input }))
  assert.match(restored.stdout, /^Restored to /, restored.stderr)
  assert.ok(readdirSync(data).includes("store.json"))
  const unused = join(temporaryDirectory(t), "plain.json")
  writeFileSync(unused, plain)
  const asIs = await run(["restore", unused, "--check", "--identity", path], settings)
  assert.equal(asIs.exitCode, 0)
})

test("postern restore of an encrypted backup asks for a key, and refuses a file without one", async (t) => {
  const [{ recipient }, other] = [await keyOf(t), await keyOf(t)]
  const { file, settings, data } = await backedUp(t)
  writeFileSync(file, await gathered((await encryptTo(recipient))(pieces(readFileSync(file)))))
  assert.deepEqual(await run(["restore", file], settings), {
    exitCode: 1,
    stdout: "",
    stderr:
      "postern: The backup is encrypted\n" +
      "hint: Give the file of the key, --identity key.txt, or decrypt it: age -d -i key.txt … | postern restore -\n",
  })
  const wrong = await run(["restore", file, "--identity", other.path], settings)
  assert.equal(wrong.exitCode, 65)
  assert.match(wrong.stderr, /^postern: The backup can't be decrypted with '.*key\.txt'\n/)
  const missing = await run(["restore", file, "--identity", `${other.path}x`], settings)
  assert.equal(missing.exitCode, 2)
  assert.match(missing.stderr, /^postern: The identity '.*' can't be read \(ENOENT\)\n/)
  const none = await run(["restore", file, "--identity", file], settings)
  assert.equal(none.exitCode, 2)
  assert.throws(() => readdirSync(data))
})

test("postern restore of an empty file says that it is cut off", async (t) => {
  const { file, settings } = await backedUp(t)
  writeFileSync(file, "")
  const { exitCode, stderr } = await run(["restore", file], settings)
  assert.equal(exitCode, 65)
  assert.match(stderr, /can't be read: line 1: the backup is cut off here/)
})

test("writeBackupFile() compares an encrypted file with what was written", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, "b.age")
  const spoiled = createHash("sha256").update(text).digest()
  const disk = {
    ...machineDisk,
    async openToRead(name: string) {
      const file = await machineDisk.openToRead(name)
      const readAt = async (position: number) => (position === 0 ? spoiled : Buffer.alloc(0))
      return file && { ...file, readAt }
    },
  }
  const options = { mayReplace: false, isEncrypted: true, directory: "/data", auditFile: null }
  const write = await writeBackupFile(path, { ...options, disk })
  await assert.rejects(write(pieces(text)), /^OperatorError: What was read back from '.*' differs/)
  assert.deepEqual(readdirSync(directory), [])
  await (await writeBackupFile(path, { ...options, disk: machineDisk }))(pieces(text))
  assert.ok(readFileSync(path).equals(text))
})
