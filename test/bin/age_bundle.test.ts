// What encrypts backups, from the bundles of the image, which find no package around them.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { generateX25519Identity, identityToRecipient } from "age-encryption"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))

test("backups are encrypted and decrypted by the bundles of the image", async (t) => {
  const directory = temporaryDirectory(t)
  execFileSync(process.execPath, [join(project, "bin/bundle.js"), directory])
  const modules = join(directory, "node_modules")
  for (const scope of ["@node-rs"]) {
    cpSync(join(project, "node_modules", scope), join(modules, scope), { recursive: true })
  }
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const [key, file] = [join(directory, "key.txt"), join(directory, "b.age")]
  writeFileSync(key, identity)
  const env = { PATH: process.env["PATH"], POSTERN_DATA_DIR: join(directory, "data") }
  const run = (...words: readonly string[]) => {
    const script = join(directory, "postern.cjs")
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...words], {
      ...{ cwd: directory, env, encoding: "utf8" },
    })
    return { status, stdout, stderr }
  }
  assert.equal(run("init").status, 0)
  assert.equal(run("backup", file, "--encrypt-to", recipient).status, 0)
  assert.ok(!readFileSync(file).includes("postern-private-keys"))
  const checked = run("restore", file, "--check", "--identity", key)
  assert.deepEqual([checked.status, checked.stderr], [0, ""])
  rmSync(join(modules, "age-encryption"), { recursive: true })
  const without = run("restore", file, "--check", "--identity", key)
  assert.equal(without.status, 69)
  assert.match(without.stderr, /Cannot find package 'age-encryption'/)
  const plain = run("backup", join(directory, "b.json"))
  assert.deepEqual(
    [plain.status, plain.stderr],
    [0, ""],
    "who does not encrypt needs nothing of it",
  )
})
