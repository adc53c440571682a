import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { OperatorError } from "../../src/errors.ts"
import { readOperatorFile } from "../../src/system/operator_file.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const mebibyte = 1024 * 1024

test("readOperatorFile() follows links, as mounted secrets are", (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "target"), "text\n")
  symlinkSync("target", join(directory, "secret"))
  assert.equal(Buffer.from(readOperatorFile(join(directory, "secret"))).toString(), "text\n")
  assert.throws(() => readOperatorFile(join(directory, "none")), { code: "ENOENT" })
})

test("readOperatorFile() gives the bytes as they are, up to 1 MiB", (t) => {
  const path = join(temporaryDirectory(t), "secret")
  const bytes = Buffer.from([0xff, 0xfe, 0, 0x80, 0x0a])
  for (const content of [bytes, Buffer.alloc(0), Buffer.alloc(mebibyte, "x")]) {
    writeFileSync(path, content)
    assert.ok(content.equals(readOperatorFile(path)))
  }
})

test("readOperatorFile() reads what has no length before it is read", () => {
  assert.match(Buffer.from(readOperatorFile("/proc/self/status")).toString(), /^Name:/)
})

/** What a path may lead to, how it is made there, and what is said of it. */
const refused: readonly (readonly [string, make: (path: string) => unknown, message: string])[] = [
  ["a directory", (path) => mkdirSync(path), "it is a directory"],
  ["a pipe that nobody writes to", makePipe, "it is not a regular file"],
  ["a device without an end", (path) => symlinkSync("/dev/zero", path), "it is not a regular file"],
  ["a file of 1 MiB and a byte", (path) => makeLong(path, mebibyte + 1), "it is larger than 1 MiB"],
  ["a file of 10 GB", (path) => makeLong(path, 1e10), "it is larger than 1 MiB"],
]

for (const [name, make, message] of refused) {
  test(`readOperatorFile() refuses ${name}, and does not wait`, (t) => {
    const path = join(temporaryDirectory(t), "secret")
    make(path)
    assert.throws(
      () => readOperatorFile(path),
      (error: unknown) => {
        assert.ok(error instanceof OperatorError)
        assert.deepEqual([error.message, error.exitCode], [message, 78])
        return true
      },
    )
  })
}

test("readOperatorFile() refuses a socket as the system does", async (t) => {
  const path = join(temporaryDirectory(t), "socket")
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  assert.throws(() => readOperatorFile(path), { code: "ENXIO" })
})

function makePipe(path: string): void {
  execFileSync("mkfifo", [path])
}

function makeLong(path: string, bytes: number): void {
  writeFileSync(path, "")
  truncateSync(path, bytes)
}
