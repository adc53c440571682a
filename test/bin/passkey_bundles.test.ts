// What verifies passkeys, in each form in which Postern runs: from its sources, from the bundle
// that a clone keeps, and from the bundles of the image, which find no package around them.

import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { copyProject, packageIn, runCopy } from "../support/project_copy.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
const program = "test/support/passkey_program.ts"
const parts = [program, "test/support/authenticator.ts", "test/support/cbor.ts"]
const each = { counter: 1 }
const verified = `${JSON.stringify({ EdDSA: each, ES256: each, RS256: each })}\n`

/** A copy of the project in which that program stands in the place of Postern's own. */
function copyWithProgram(t: TestContext): string {
  const copy = copyProject(t)
  mkdirSync(join(copy, "test/support"), { recursive: true })
  for (const part of parts) cpSync(join(project, part), join(copy, part))
  writeFileSync(join(copy, "src/main.ts"), `import "../${program}"\n`)
  return copy
}

function run(...words: readonly string[]): string {
  return execFileSync(process.execPath, words, { encoding: "utf8", cwd: project })
}

test("passkeys are verified by the sources", () => {
  assert.equal(run("--import", "tsx", program), verified)
})

test("passkeys are verified by the bundle that a clone keeps", (t) => {
  const copy = copyWithProgram(t)
  assert.deepEqual(runCopy(copy), { status: 0, stdout: verified, stderr: "" })
  assert.equal(readdirSync(join(copy, "node_modules/.postern")).length, 1)
  rmSync(packageIn(copy, "esbuild"), { recursive: true })
  assert.deepEqual(runCopy(copy), { status: 0, stdout: verified, stderr: "" })
})

test("passkeys are verified by the bundles of the image", (t) => {
  const directory = temporaryDirectory(t)
  run(join(copyWithProgram(t), "bin/bundle.js"), directory)
  const script = join(directory, "postern.cjs")
  assert.equal(run(script), verified)
  rmSync(join(directory, "node_modules/@simplewebauthn"), { recursive: true })
  assert.throws(() => run(script), /Cannot find package '@simplewebauthn\/server'/)
})
