// Outputs of a process over streams of a test, and over files. What a process does with both is in
// test/e2e/output.test.ts.

import assert from "node:assert/strict"
import { closeSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Writable } from "node:stream"
import { type TestContext, test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { createOutput } from "../../src/cli/output.ts"
import { mountSmallDisk, noSmallDisk } from "../support/small_disk.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

type Write = (chunk: Buffer, done: (error?: Error) => void) => void

/** The output of a stream that is no file. */
function outputOf(t: TestContext, write: Write) {
  const stream = new Writable({
    write: (chunk, _encoding, done) => write(chunk, done),
    // As Node makes its own: an error does not end them.
    destroy(error, done) {
      done(error)
      const { _undestroy: revive } = this as unknown as { readonly _undestroy: () => void }
      revive.call(this)
    },
  })
  return createOutput(withDescriptor(stream, openIn(t, "/dev/null")))
}

function withDescriptor(stream: Writable, fd: number) {
  return Object.assign(stream, { fd }) as unknown as Parameters<typeof createOutput>[0]
}

function openIn(t: TestContext, path: string): number {
  const descriptor = openSync(path, "w")
  t.after(() => closeSync(descriptor))
  return descriptor
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code })
}

test("createOutput() settles when all text is written", async (t) => {
  const pending: (() => void)[] = []
  const output = outputOf(t, (_chunk, done) => pending.push(done))
  output.write("one")
  output.write("two")
  assert.equal(output.unreadBytes(), 6)
  let settled = false
  const settling = output.settle(null).then((lost) => {
    settled = true
    return lost
  })
  pending.shift()?.()
  await turn()
  assert.equal(settled, false)
  while (!settled) {
    pending.shift()?.()
    await turn()
  }
  assert.equal(await settling, null)
  assert.equal(output.unreadBytes(), 0)
})

test("createOutput() settles after the given time at the latest", async (t) => {
  const output = outputOf(t, () => {})
  output.write("nobody reads it")
  assert.equal(await output.settle(1), null)
})

for (const code of ["ENOSPC", "EIO", "EFBIG"]) {
  test(`createOutput() reports ${code} and goes on`, async (t) => {
    const written: string[] = []
    const output = outputOf(t, (chunk, done) => {
      written.push(String(chunk))
      done(written.length === 1 ? failure(code) : undefined)
    })
    const failures: number[] = []
    const hear = (taken: number) => void failures.push(taken)
    output.write("lost", hear)
    assert.equal(await output.settle(null), code)
    output.write("kept", hear)
    assert.equal(await output.settle(null), code)
    assert.deepEqual([written.slice(0, 2), failures], [["lost", "kept"], [0]])
  })
}

for (const code of ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"]) {
  test(`createOutput() takes ${code} for a reader that has gone`, async (t) => {
    const output = outputOf(t, (_chunk, done) => done(failure(code)))
    output.write("lost")
    assert.equal(await output.settle(null), null)
  })
}

test("createOutput() of a file writes all of a text at once", async (t) => {
  const path = join(temporaryDirectory(t), "file")
  const neverWritten = new Writable({ write: () => assert.fail("it was written") })
  const output = createOutput(withDescriptor(neverWritten, openIn(t, path)))
  const text = "äöü\n".repeat(100_000)
  output.write(text)
  assert.equal(readFileSync(path, "utf8"), text)
  output.write("more")
  assert.equal(await output.settle(null), null)
  assert.ok(readFileSync(path, "utf8").endsWith("\nmore"))
})

test("createOutput() of a file reports a write that a full disk cut short", {
  skip: noSmallDisk,
}, async (t) => {
  const disk = mountSmallDisk(t, 64)
  const descriptor = openSync(join(disk.path, "file"), "w")
  const output = createOutput(withDescriptor(new Writable(), descriptor))
  const failures: number[] = []
  output.write("x".repeat(200_000), (taken) => failures.push(taken))
  output.write("y")
  assert.deepEqual(failures, [64 * 1024])
  closeSync(descriptor)
  assert.equal(await output.settle(null), "ENOSPC")
})
