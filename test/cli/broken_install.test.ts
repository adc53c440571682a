// A clone whose packages are missing, or made for another machine, in copies that lack something.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { brokenInstall, installHint } from "../../src/cli/broken_install.ts"
import { OperatorError } from "../../src/errors.ts"
import { copyProject, installedPackages, packageIn, runCopy } from "../support/project_copy.ts"

const native = `@node-rs/argon2-${process.platform}-${process.arch}`
const hint = `hint: ${installHint}\n`
/** Where only a clone can be meant. */
const cloneHint = hint.replace(/ in a clone.* is installed/, "")
const project = fileURLToPath(new URL("../..", import.meta.url))

test("postern without the native password hash exits 69 and says what to do", (t) => {
  const directory = copyProject(t, { without: [native] })
  const packageName = installedPackages().find((name) => name.startsWith(native))
  for (const words of [["serve"], ["demo"], ["user", "list"], ["key", "list"]]) {
    assert.deepEqual(
      runCopy(directory, ...words),
      {
        status: 69,
        stdout: "",
        stderr: `postern: Postern can't be loaded: Cannot find module '${packageName}'\n${hint}`,
      },
      words.join(" "),
    )
  }
  assert.equal(runCopy(directory, "--help").status, 0)
})

test("postern with a native password hash of another machine exits 69 and says what to do", (t) => {
  const names = installedPackages().filter((name) => name.startsWith(native))
  const directory = copyProject(t, { copied: names })
  for (const name of names) {
    const folder = packageIn(directory, name)
    for (const file of readdirSync(folder).filter((one) => one.endsWith(".node"))) {
      writeFileSync(join(folder, file), "made for another machine")
    }
  }
  const { status, stderr } = runCopy(directory, "serve")
  assert.equal(status, 69)
  assert.match(stderr, /^postern: Postern can't be loaded: \S+\.node: [^\n]+\nhint: /)
  assert.ok(stderr.endsWith(hint))
})

// What the bundle is made of is missed before there is one.
for (const [missing, expected] of [
  ["esbuild", cloneHint],
  ["@esbuild/", cloneHint],
  ["jose", cloneHint],
  ["@node-rs/argon2", hint],
] as const) {
  test(`postern in a clone without ${missing} exits 69 and says what to do`, (t) => {
    const without = installedPackages().filter((name) => name.startsWith(missing))
    assert.notDeepEqual(without, [])
    const { status, stdout, stderr } = runCopy(copyProject(t, { without }), "serve")
    assert.deepEqual([status, stdout], [69, ""])
    assert.match(stderr, /^postern: Postern can't be loaded: [^\n]+\nhint: [^\n]+\n$/)
    assert.ok(stderr.endsWith(expected))
  })
}

test("postern in a clone without the bcrypt library works, but for bcrypt hashes", (t) => {
  const without = installedPackages().filter((name) => name.startsWith("@node-rs/bcrypt"))
  assert.notDeepEqual(without, [])
  const copy = copyProject(t, { without })
  assert.equal(runCopy(copy, "init").status, 0)
  const { status, stdout } = runCopy(copy, "user", "list")
  assert.deepEqual([status, /^There are no users/.test(stdout)], [0, true])
  const users = join(copy, "users")
  writeFileSync(users, `carol:$2y$04$${".".repeat(53)}\n`)
  const failed = runCopy(copy, "user", "import", users)
  assert.deepEqual([failed.status, failed.stdout], [69, ""])
  assert.match(failed.stderr, /^postern: Postern can't be loaded: [^\n]+bcrypt[^\n]*\nhint: /)
})

test("postern under --no-addons exits 69 and says what to do", () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--no-addons", "bin/postern.js", "user", "list"],
    { cwd: project, env: { PATH: process.env["PATH"] }, encoding: "utf8" },
  )
  assert.equal(status, 69)
  assert.match(
    stderr,
    /addons is disabled\.\nhint: Start Node without --no-addons, or with --allow/,
  )
})

test("brokenInstall() recognises a package of another version, and not a bug", () => {
  const other = brokenInstall(
    new SyntaxError("The requested module 'jose' does not provide an export named 'x'"),
  )
  assert.ok(other instanceof OperatorError)
  assert.deepEqual([other.exitCode, other.hint], [69, installHint])
  for (const bug of [new TypeError("a bug"), "text", null, undefined, new SyntaxError("no JSON")]) {
    assert.equal(brokenInstall(bug), null)
  }
})
