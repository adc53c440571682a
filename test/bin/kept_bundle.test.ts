// What a clone's commands start from: one file that is made of the sources and kept. In copies of
// the project, since a test must not change what other tests start from.

import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import {
  appendFileSync,
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { copyProject, packageIn, runCopy } from "../support/project_copy.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"

const isRoot = process.geteuid?.() === 0
const onlyRoot = isRoot ? false : "only root gives files to others"
const someoneElse = 12_345
const usual = { status: 0, stdout: "postern 0.1.0\n", stderr: "" }
const planted = { ...usual, stdout: "planted\n" }
const mapOfNothing = `//# sourceMappingURL=data:application/json;base64,${btoa("{}")}\n`

/** A copy that was started once, what it kept, and where. */
function startedCopy(t: TestContext, copy = copyProject(t)) {
  assert.deepEqual(version(copy), usual)
  const directory = join(copy, "node_modules/.postern")
  const [name = "", ...others] = readdirSync(directory)
  assert.deepEqual(others, [])
  return { copy, directory, file: join(directory, name) }
}

/** A copy whose program is a single line, so that it is soon made again. */
function copySmallProgram(t: TestContext): string {
  const copy = copyProject(t)
  rmSync(join(copy, "src"), { recursive: true })
  mkdirSync(join(copy, "src"))
  writeFileSync(join(copy, "src/main.ts"), 'console.log("postern 0.1.0")\n')
  return copy
}

function version(copy: string) {
  return runCopy(copy, "--version")
}

/** Puts another program where the bundle is kept: whether it runs shows what is trusted. */
function plant(file: string): void {
  writeFileSync(file, `console.log("planted")\n${mapOfNothing}`, { mode: 0o644 })
}

test("a clone starts from what it keeps, without a bundler", (t) => {
  const { copy, file } = startedCopy(t)
  assert.equal(lstatSync(file).mode & 0o777, 0o644 & ~process.umask())
  rmSync(packageIn(copy, "esbuild"), { recursive: true })
  assert.deepEqual(version(copy), usual)
  plant(file)
  assert.deepEqual(version(copy), planted)
})

test("a clone makes its program again when sources or packages change", (t) => {
  const { copy, directory, file } = startedCopy(t)
  const changes: readonly (readonly [file: string, added: string])[] = [
    ["src/main.ts", "// Changed.\n"],
    ["src/another_room/another.ts", "// A file that came along.\n"],
    ["bin/bundle.js", "// Other options.\n"],
    ["package.json", "\n"],
    ["node_modules/.package-lock.json", "{}"],
  ]
  mkdirSync(join(copy, "src/another_room"))
  let last = file
  for (const [changed, added] of changes) {
    plant(last)
    appendFileSync(join(copy, changed), added)
    assert.deepEqual(version(copy), usual, changed)
    const [name = "", ...others] = readdirSync(directory)
    assert.deepEqual(others, [], "what older sources made is removed")
    assert.notEqual(join(directory, name), last)
    last = join(directory, name)
  }
})

test("a clone in another place makes its program again: it has paths in it", (t) => {
  const { copy, file } = startedCopy(t)
  plant(file)
  const moved = `${copy}-moved`
  renameSync(copy, moved)
  t.after(() => rmSync(moved, { recursive: true }))
  assert.deepEqual(version(moved), usual)
})

const distrusted: readonly (readonly [what: string, make: (file: string) => void, root?: true])[] =
  [
    ["a file of another user's", (file) => chownSync(file, someoneElse, someoneElse), true],
    [
      "a directory of another user's",
      (file) => chownSync(join(file, ".."), someoneElse, someoneElse),
      true,
    ],
    ["a file that the group may write", (file) => chmodSync(file, 0o664)],
    ["a file that everybody may write", (file) => chmodSync(file, 0o646)],
    ["a directory that the group may write", (file) => chmodSync(join(file, ".."), 0o775)],
    ["a directory that everybody may write", (file) => chmodSync(join(file, ".."), 0o1777)],
    ["a link to a file", (file) => moveAndLink(file)],
    ["a link to a directory", (file) => moveAndLink(join(file, ".."))],
    ["a file that was cut off", (file) => truncateSync(file, lstatSync(file).size - 2)],
    ["an empty file", (file) => truncateSync(file)],
    ["a file that a crash left as zeros", (file) => writeFileSync(file, Buffer.alloc(900))],
    ["a directory in the file's place", (file) => replace(file, () => mkdirSync(file))],
    ["a file in the directory's place", (file) => replace(join(file, ".."), writeNothing)],
  ]

test("a clone refuses a kept program that others could have written, or that is not whole", async (t) => {
  // One copy for all, since it is the slow part: each row starts from what a clone has kept.
  const { copy, directory, file } = startedCopy(t, copySmallProgram(t))
  for (const [what, make, needsRoot = false] of distrusted) {
    await t.test(what, { skip: needsRoot && onlyRoot }, () => {
      rmSync(`${directory}.moved`, { recursive: true, force: true })
      rmSync(directory, { recursive: true, force: true })
      mkdirSync(directory, { mode: 0o755 })
      plant(file)
      assert.deepEqual(version(copy), planted)
      make(file)
      assert.deepEqual(version(copy), usual)
      assert.deepEqual(version(copy), usual)
    })
  }
})

test("a clone keeps nothing in packages that belong to another user", { skip: onlyRoot }, (t) => {
  const copy = copyProject(t)
  chownSync(join(copy, "node_modules"), someoneElse, someoneElse)
  assert.deepEqual(version(copy), usual)
  assert.equal(readdirSync(join(copy, "node_modules")).includes(".postern"), false)
  // Its owner's own is used: who owns the program decides what runs.
  const { copy: other, directory, file } = startedCopy(t)
  plant(file)
  for (const path of [join(other, "bin"), join(other, "node_modules"), directory, file]) {
    chownSync(path, someoneElse, someoneElse)
  }
  assert.deepEqual(version(other), planted)
})

test("a clone starts on a full disk, and on one that can't be written", {
  skip: noSmallDisk,
}, (t) => {
  const disk = mountSmallDisk(t, 512)
  const copy = copyProject(t)
  const kept = join(copy, "node_modules/.postern")
  mkdirSync(kept)
  execFileSync("mount", ["--bind", disk.path, kept])
  try {
    for (const set of [() => disk.fill(), () => disk.setReadOnly(true)]) {
      set()
      assert.deepEqual(version(copy), usual)
      assert.deepEqual(readdirSync(kept), ["filler"])
    }
  } finally {
    execFileSync("umount", ["--lazy", kept])
  }
})

test("clones that start at once all start, and keep one whole program", async (t) => {
  const copy = copyProject(t)
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["bin/postern.js", "--version"], { cwd: copy }),
  )
  const ended = await Promise.all(children.map((child) => once(child, "close")))
  assert.deepEqual(ended.flat(), Array(6).fill([0, null]).flat())
  const kept = readdirSync(join(copy, "node_modules/.postern"))
  assert.ok(kept.length <= 1, kept.join())
  assert.deepEqual(version(copy), usual)
})

test("a clone's stacks name the lines of the sources, whether it was just made or kept", (t) => {
  const copy = copyProject(t)
  const main = join(copy, "src/main.ts")
  appendFileSync(main, "const { stack }: { stack?: string } = new Error()\nconsole.log(stack)\n")
  const line = readFileSync(main, "utf8").split("\n").length - 2
  for (const start of ["made", "kept"]) {
    const { status, stdout } = version(copy)
    assert.equal(status, 0)
    assert.ok(stdout.includes(`${main}:${line}:`), `${start}: ${stdout}`)
  }
})

function moveAndLink(path: string): void {
  renameSync(path, `${path}.moved`)
  symlinkSync(`${path}.moved`, path)
}

function replace(path: string, make: (path: string) => void): void {
  rmSync(path, { recursive: true })
  make(path)
}

function writeNothing(path: string): void {
  writeFileSync(path, "")
}
