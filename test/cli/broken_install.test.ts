// A clone whose packages are missing, or made for another machine, in copies that lack something.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { brokenInstall, installHint } from "../../src/cli/broken_install.ts"
import { OperatorError } from "../../src/errors.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
const native = `@node-rs/argon2-${process.platform}-${process.arch}`
const hint = `hint: ${installHint}\n`

interface Copy {
  /** Packages that are missing. */
  readonly without: readonly string[]
  /** Packages that are copied and not linked, to be damaged. */
  readonly copied?: readonly string[]
}

/** A copy of the project in which packages are missing. */
function copyProject(t: TestContext, { without, copied = [] }: Copy): string {
  const directory = temporaryDirectory(t)
  for (const name of ["bin", "src", "package.json"]) {
    cpSync(join(project, name), join(directory, name), { recursive: true })
  }
  for (const name of packagesOf(project)) {
    if (without.some((lacks) => name === lacks || name.startsWith(`${lacks}-`))) continue
    const [from, to] = [project, directory].map((at) => join(at, "node_modules", name))
    mkdirSync(join(String(to), ".."), { recursive: true })
    // What finds its neighbours by its own place is copied: a link's place is where it points.
    if (name === "@node-rs/argon2" || name === "tsx" || name === "esbuild" || copied.includes(name))
      cpSync(String(from), String(to), { recursive: true })
    else symlinkSync(String(from), String(to))
  }
  return directory
}

function packagesOf(directory: string): string[] {
  const modules = join(directory, "node_modules")
  return readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((one) => `${name}/${one}`) : [name],
  )
}

function run(directory: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/postern.js", ...words], {
    cwd: directory,
    env: { PATH: process.env["PATH"], POSTERN_PORT: "0" },
    encoding: "utf8",
  })
  return { status, stdout, stderr }
}

test("postern without the native password hash exits 69 and says what to do", (t) => {
  const directory = copyProject(t, { without: [native] })
  const packageName = packagesOf(project).find((name) => name.startsWith(native))
  for (const words of [["serve"], ["demo"], ["user", "list"], ["key", "list"]]) {
    assert.deepEqual(
      run(directory, ...words),
      {
        status: 69,
        stdout: "",
        stderr: `postern: Postern can't be loaded: Cannot find module '${packageName}'\n${hint}`,
      },
      words.join(" "),
    )
  }
  assert.equal(run(directory, "--help").status, 0)
})

test("postern with a native password hash of another machine exits 69 and says what to do", (t) => {
  const names = packagesOf(project).filter((name) => name.startsWith(native))
  const directory = copyProject(t, { without: [], copied: names })
  for (const name of names) {
    const folder = join(directory, "node_modules", name)
    for (const file of readdirSync(folder).filter((one) => one.endsWith(".node"))) {
      writeFileSync(join(folder, file), "made for another machine")
    }
  }
  const { status, stderr } = run(directory, "serve")
  assert.equal(status, 69)
  assert.match(stderr, /^postern: Postern can't be loaded: \S+\.node: [^\n]+\nhint: /)
  assert.ok(stderr.endsWith(hint))
})

for (const missing of ["tsx", "@esbuild/", "jose", "@node-rs/argon2"]) {
  test(`postern in a clone without ${missing} exits 69 and says what to do`, (t) => {
    const without = packagesOf(project).filter((name) => name.startsWith(missing))
    assert.notDeepEqual(without, [])
    const { status, stdout, stderr } = run(copyProject(t, { without }), "serve")
    assert.deepEqual([status, stdout], [69, ""])
    assert.match(stderr, /^postern: Postern can't be loaded: [^\n]+\nhint: [^\n]+\n$/)
    assert.ok(stderr.endsWith(hint))
  })
}

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

test("brokenInstall() knows a package of another version, and no bug", () => {
  const other = brokenInstall(
    new SyntaxError("The requested module 'jose' does not provide an export named 'x'"),
  )
  assert.ok(other instanceof OperatorError)
  assert.deepEqual([other.exitCode, other.hint], [69, installHint])
  for (const bug of [new TypeError("a bug"), "text", null, undefined, new SyntaxError("no JSON")]) {
    assert.equal(brokenInstall(bug), null)
  }
})
