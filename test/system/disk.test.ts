import assert from "node:assert/strict"
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import {
  machineDisk,
  removeLeftovers,
  replaceFile,
  withTemporaryDirectory,
  writeAll,
} from "../../src/system/disk.ts"
import { createFaultyDisk, type Operation } from "../support/faulty_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const old = Buffer.from("old")
const chunks = [Buffer.from("new "), Buffer.from("text")]
const file = "a.json"

test("machineDisk reads, writes at a position, cuts", async (t) => {
  const path = join(temporaryDirectory(t), file)
  assert.equal(await machineDisk.read(path), null)
  const opened = await machineDisk.open(path)
  assert.equal(await opened.write(Buffer.from("0123456789"), 0), 10)
  assert.equal(await opened.write(Buffer.from("ab"), 4), 2)
  await opened.truncate(8)
  await opened.close()
  assert.equal(Buffer.from((await machineDisk.read(path)) ?? "").toString(), "0123ab67")
  const again = await machineDisk.open(path)
  await again.close()
  assert.equal(readFileSync(path, "utf8"), "0123ab67")
})

test("machineDisk makes files of mode 0600, whatever the umask", async (t) => {
  const directory = temporaryDirectory(t)
  const before = process.umask(0)
  t.after(() => process.umask(before))
  await (await machineDisk.open(join(directory, "opened"))).close()
  await (await machineDisk.create(join(directory, "created"))).close()
  for (const name of ["opened", "created"]) {
    const path = join(directory, name)
    const { dev, ino, mtimeMs } = lstatSync(path, { bigint: true })
    assert.deepEqual(await machineDisk.inspect(path), {
      type: "file",
      owner: process.geteuid?.(),
      group: process.getegid?.(),
      mode: 0o600,
      size: 0,
      modifiedAt: Number(mtimeMs) / 1000,
      identity: `${dev}:${ino}`,
    })
  }
})

test("machineDisk append() writes at the end and makes the file, mode 0600", async (t) => {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  const before = process.umask(0)
  t.after(() => process.umask(before))
  await machineDisk.append(path, Buffer.from("one\n"))
  assert.equal(lstatSync(path).mode & 0o777, 0o600)
  await machineDisk.append(path, Buffer.from("two\n"))
  await machineDisk.append(path, Buffer.alloc(0))
  assert.equal(readFileSync(path, "utf8"), "one\ntwo\n")
  writeFileSync(path, "")
  await machineDisk.append(path, Buffer.from("three\n"))
  assert.equal(readFileSync(path, "utf8"), "three\n", "at the end there is now")
  renameSync(path, `${path}.1`)
  await machineDisk.append(path, Buffer.from("four\n"))
  assert.equal(readFileSync(path, "utf8"), "four\n", "it may be moved away")
  assert.equal(readFileSync(`${path}.1`, "utf8"), "three\n")
})

test("machineDisk append() many times at once writes each text whole", async (t) => {
  const path = join(temporaryDirectory(t), "audit.jsonl")
  const texts = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(5000)}\n`)
  await Promise.all(texts.map((text) => machineDisk.append(path, Buffer.from(text))))
  const lines = readFileSync(path, "utf8").split(/(?<=\n)/)
  assert.deepEqual(lines.sort(), [...texts].sort())
})

test("machineDisk append() passes on what goes wrong", async (t) => {
  const directory = temporaryDirectory(t)
  const bytes = Buffer.from("text")
  await assert.rejects(machineDisk.append(directory, bytes), { code: "EISDIR" })
  await assert.rejects(machineDisk.append(join(directory, "none", file), bytes), { code: "ENOENT" })
  await assert.rejects(machineDisk.append("/dev/full", bytes), { code: "ENOSPC" })
  assert.deepEqual(readdirSync(directory), [])
})

test("machineDisk follows no symbolic link and takes no name that is there", async (t) => {
  const directory = temporaryDirectory(t)
  const target = join(directory, "target")
  const link = join(directory, "link")
  writeFileSync(target, "of somebody else")
  symlinkSync(target, link)
  await assert.rejects(machineDisk.read(link), { code: "ELOOP" })
  await assert.rejects(machineDisk.open(link), { code: "ELOOP" })
  await assert.rejects(machineDisk.append(link, Buffer.from("text")), { code: "ELOOP" })
  await assert.rejects(machineDisk.create(link), { code: "EEXIST" })
  await assert.rejects(machineDisk.create(target), { code: "EEXIST" })
  await assert.rejects(machineDisk.read(directory), { code: "EISDIR" })
  assert.equal(readFileSync(target, "utf8"), "of somebody else")
})

test("machineDisk inspect() tells the type of a file", async (t) => {
  const directory = temporaryDirectory(t)
  symlinkSync("nowhere", join(directory, "link"))
  const socket = createServer()
  await new Promise<void>((resolve) => socket.listen(join(directory, "socket"), resolve))
  t.after(() => socket.close())
  const typeOf = async (name: string) => (await machineDisk.inspect(join(directory, name)))?.type
  assert.equal(await typeOf("."), "directory")
  assert.equal(await typeOf("link"), "link")
  assert.equal(await typeOf("socket"), "other")
  assert.equal(await typeOf("nothing"), undefined)
  writeFileSync(join(directory, file), "")
  await assert.rejects(machineDisk.inspect(join(directory, file, "below")), { code: "ENOTDIR" })
})

test("machineDisk makeDirectory() makes missing parents with mode 0700, also when called several times at once", async (t) => {
  const top = temporaryDirectory(t)
  const path = join(top, "a", "b", "c")
  await Promise.all([1, 2, 3, 4].map(() => machineDisk.makeDirectory(path, 0o700)))
  for (const name of ["a", "a/b", "a/b/c"]) {
    assert.equal(lstatSync(join(top, name)).mode & 0o777, 0o700, name)
  }
  writeFileSync(join(top, file), "")
  symlinkSync("nowhere", join(top, "link"))
  const below = (name: string) => machineDisk.makeDirectory(join(top, name, "d"), 0o700)
  await assert.rejects(below(file), { code: "ENOTDIR" })
  await assert.rejects(below("link"), { code: "ENOENT" })
  await assert.rejects(machineDisk.makeDirectory("/proc/none", 0o700), { code: "ENOENT" })
})

test("machineDisk syncDirectory() passes on what goes wrong", async (t) => {
  const path = join(temporaryDirectory(t), file)
  writeFileSync(path, "")
  await assert.rejects(machineDisk.syncDirectory(path), { code: "ENOTDIR" })
  await assert.rejects(machineDisk.syncDirectory("/proc"), { code: "EINVAL" })
})

test("machineDisk remove() of a name that is gone is no error", async (t) => {
  await machineDisk.remove(join(temporaryDirectory(t), "nothing"))
})

test("writeAll() goes on after each part, and stops when nothing is taken", async () => {
  const disk = createFaultyDisk()
  const opened = await disk.open(file)
  disk.fail(() => ({ taken: 3 }))
  await writeAll(opened, Buffer.from("0123456789"), 2)
  assert.equal(disk.files.get(file)?.toString(), "\0\x000123456789")
  assert.equal(disk.operations.filter(({ kind }) => kind === "write").length, 4)
  disk.fail(() => ({ taken: 0 }))
  await assert.rejects(writeAll(opened, Buffer.from("x"), 0), {
    name: "Error",
    message: "The disk took none of the bytes",
  })
})

test("replaceFile() puts the text in place in one step, mode 0600", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, file)
  writeFileSync(path, old, { mode: 0o644 })
  await replaceFile(path, chunks, machineDisk)
  assert.equal(readFileSync(path, "utf8"), "new text")
  assert.equal(lstatSync(path).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(directory), [file])
})

test("replaceFile() replaces a link, not what it points to", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "target"), old)
  symlinkSync("target", join(directory, file))
  await replaceFile(join(directory, file), chunks, machineDisk)
  assert.equal(readFileSync(join(directory, "target"), "utf8"), "old")
  assert.ok(lstatSync(join(directory, file)).isFile())
})

test("replaceFile() works in the order that a crash survives", async () => {
  const disk = createFaultyDisk(new Map([[file, old]]))
  await replaceFile(join("data", file), chunks, disk)
  const steps = disk.operations.map(
    ({ kind, name }) => `${kind} ${name.replace(/\.[\w-]{22}/, "")}`,
  )
  assert.deepEqual(steps, [
    "make .a.json.tmp",
    "write .a.json.tmp",
    "write .a.json.tmp",
    "rename .a.json.tmp",
    "sync data",
  ])
})

const failures: readonly Operation["kind"][] = ["make", "write", "rename"]

for (const kind of failures) {
  test(`replaceFile() leaves the old file alone when it fails: ${kind}`, async () => {
    const disk = createFaultyDisk(new Map([[file, old]]))
    disk.fail((one) => (one.kind === kind ? { code: "ENOSPC", taken: 2 } : null))
    await assert.rejects(replaceFile(join("data", file), chunks, disk), {
      code: "ENOSPC",
      message: "ENOSPC: made by a test",
    })
    assert.deepEqual([...disk.files], [[file, old]])
  })
}

test("replaceFile() throws the first failure when cleaning up fails, too", async () => {
  const disk = createFaultyDisk(new Map([[file, old]]))
  const codes: Partial<Record<Operation["kind"], string>> = { rename: "EIO", remove: "EROFS" }
  disk.fail(({ kind }) => {
    const code = codes[kind]
    return code === undefined ? null : { code }
  })
  await assert.rejects(replaceFile(join("data", file), chunks, disk), { code: "EIO" })
  assert.deepEqual(disk.files.get(file), old)
})

test("replaceFile() rejects when the directory can't be synced", async () => {
  const disk = createFaultyDisk()
  disk.fail(({ kind }) => (kind === "sync" ? { code: "EIO" } : null))
  await assert.rejects(replaceFile(join("data", file), chunks, disk), { code: "EIO" })
})

test("removeLeftovers() removes what replaceFile() left and nothing else", async () => {
  const kept = [
    file,
    ".a.json.tmp",
    ".a.json.AAAAAAAAAAAAAAAAAAAAA.tmp",
    "a.AAAAAAAAAAAAAAAAAAAAAA.tmp",
  ]
  const left = [".a.json.AAAAAAAAAAAAAAAAAAAAAA.tmp", ".keys.json.-_34567890123456789012.tmp"]
  const disk = createFaultyDisk(new Map([...kept, ...left].map((name) => [name, old])))
  await removeLeftovers("data", { ...disk, list: async () => [...disk.files.keys()] })
  assert.deepEqual([...disk.files.keys()], kept)
})

test("withTemporaryDirectory() removes the directory, also after a failure", async () => {
  const made: string[] = []
  const work = async (directory: string) => {
    made.push(directory)
    writeFileSync(join(directory, file), "")
    return lstatSync(directory).mode & 0o777
  }
  assert.equal(await withTemporaryDirectory("postern-test-", work), 0o700)
  const failing = async (directory: string) => {
    await work(directory)
    throw new Error("the work failed")
  }
  await assert.rejects(withTemporaryDirectory("postern-test-", failing), /the work failed/)
  assert.equal(made.length, 2)
  for (const directory of made) assert.equal(existsSync(directory), false)
})

test("withTemporaryDirectory() says so when no directory can be made", async (t) => {
  const before = process.env["TMPDIR"]
  t.after(() => {
    if (before === undefined) delete process.env["TMPDIR"]
    else process.env["TMPDIR"] = before
  })
  process.env["TMPDIR"] = "/nowhere"
  await assert.rejects(
    withTemporaryDirectory("postern-test-", async () => assert.fail("it was done")),
    {
      name: "OperatorError",
      message: "No directory can be made in '/nowhere' (ENOENT)",
      hint: "The path, or a directory on the way to it, is not there. Check TMPDIR.",
      exitCode: 69,
    },
  )
})
