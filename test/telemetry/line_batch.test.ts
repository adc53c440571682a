import assert from "node:assert/strict"
import { test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import { createLineBatch } from "../../src/telemetry/line_batch.ts"
import type { LineKind } from "../../src/telemetry/log.ts"

const mebibyte = 1024 * 1024

/** An output that can fail, and what a batch printed to it and was asked to make. */
function createPrinted() {
  const printed: string[] = []
  const made: string[] = []
  const failures: ((bytesTaken: number) => void)[] = []
  const output = {
    /** What fails at once, as a file does: how many bytes it takes. Null for all. */
    room: null as number | null,
    unread: 0,
    print(text: string, onFailure: (bytesTaken: number) => void) {
      const bytes = Buffer.from(text)
      const taken = output.room ?? bytes.byteLength
      if (taken > 0) printed.push(bytes.subarray(0, taken).toString())
      if (taken < bytes.byteLength) onFailure(taken)
      else failures.push(onFailure)
    },
    unreadBytes: () => output.unread,
  }
  const batch = createLineBatch(output, (lost) => `${JSON.stringify(lost)}\n`)
  const write = (text: string, kind: LineKind) => {
    batch.write(() => {
      made.push(text)
      return text
    }, kind)
  }
  /** Lets the last text that was taken fail after all, as a pipe does whose reader has gone. */
  const failLater = () => failures.pop()?.(0)
  return { batch, write, printed, made, output, failLater }
}

test("createLineBatch() makes and prints the lines of one turn together, in order", async () => {
  const { write, printed, made } = createPrinted()
  write("1\n", "access")
  write("2\n", "debug")
  assert.deepEqual([printed, made], [[], []])
  await turn()
  assert.deepEqual(printed, ["1\n2\n"])
  write("3\n", "info")
  await turn()
  assert.deepEqual(printed, ["1\n2\n", "3\n"])
  assert.deepEqual(made, ["1\n", "2\n", "3\n"])
})

test("createLineBatch() prints an urgent line at once, after those before it", async () => {
  for (const urgent of ["warn", "error", "audit"] as const) {
    const { write, printed } = createPrinted()
    write("1\n", "access")
    write("2\n", urgent)
    write("3\n", urgent)
    assert.deepEqual(printed, ["1\n2\n", "3\n"])
    await turn()
    assert.deepEqual(printed, ["1\n2\n", "3\n"])
  }
})

test("createLineBatch() holds no more than 255 lines back, and flush() nothing", () => {
  const { batch, write, printed } = createPrinted()
  for (let lines = 0; lines < 257; lines += 1) write("x\n", "access")
  assert.deepEqual(printed, ["x\n".repeat(256)])
  batch.flush()
  batch.flush()
  assert.deepEqual(printed, ["x\n".repeat(256), "x\n"])
})

test("createLineBatch() drops access lines long before audit lines when output stalls", () => {
  const { batch, write, printed, output } = createPrinted()
  const writeAll = () => {
    for (const kind of ["access", "debug", "info", "warn", "error", "audit"] as const) {
      write(`${kind}\n`, kind)
    }
    batch.flush()
    return printed.splice(0).join("")
  }
  const all = "access\ndebug\ninfo\nwarn\nerror\naudit\n"
  output.unread = mebibyte
  assert.equal(writeAll(), all)
  output.unread = mebibyte + 1
  const firstLost = '{"access":1,"debug":1,"info":1}\n'
  assert.equal(writeAll(), `${firstLost}warn\nerror\naudit\n`)
  output.unread = 4 * mebibyte
  assert.equal(writeAll(), `${firstLost}warn\nerror\naudit\n`)
  output.unread = 4 * mebibyte + 1
  assert.equal(writeAll(), "")
  output.unread = 0
  assert.equal(writeAll(), `{"access":1,"debug":1,"info":1,"warn":1,"error":1,"audit":1}\n${all}`)
  assert.equal(writeAll(), all)
  const patient = { access: 3, debug: 3, info: 3 }
  assert.deepEqual(batch.losses(), { ...patient, warn: 1, error: 1, audit: 1 })
})

test("createLineBatch() makes no line that is lost for want of a reader", () => {
  const { batch, write, made, output } = createPrinted()
  output.unread = 4 * mebibyte + 1
  for (let lines = 0; lines < 1000; lines += 1) write("x\n", lines % 2 === 0 ? "access" : "audit")
  batch.flush()
  assert.deepEqual(made, [])
})

test("createLineBatch() counts lines that a full disk refuses", () => {
  const { batch, write, printed, output } = createPrinted()
  assert.deepEqual(batch.losses(), {})
  output.room = 0
  write("1\n", "access")
  write("2\n", "audit")
  write("3\n", "audit")
  output.room = null
  write("4\n", "audit")
  write("5\n", "audit")
  assert.deepEqual(printed, ['{"access":1,"audit":2}\n4\n', "5\n"])
  // Also those whose report was lost at first.
  assert.deepEqual(batch.losses(), { access: 1, audit: 2 })
})

test("createLineBatch() counts the lines that a disk took in part, and starts a new line then", () => {
  const { write, printed, output } = createPrinted()
  output.room = 7
  write("one\n", "access")
  write("two\n", "access")
  write("three\n", "audit")
  output.room = 0
  write("four\n", "audit")
  output.room = null
  write("five\n", "audit")
  assert.equal(printed.join(""), 'one\ntwo\n{"access":1,"audit":2}\nfive\n')
})

test("createLineBatch() counts a line whose end was not written as lost", () => {
  const { write, printed, output } = createPrinted()
  output.room = 3
  write("one\n", "audit")
  output.room = 4
  write("two\n", "audit")
  output.room = null
  write("three\n", "audit")
  // The text of the second began with the end of the first's line.
  assert.equal(printed.join(""), 'one\n{"a\n{"audit":2}\nthree\n')
})

test("createLineBatch() reports losses again when the report is lost", () => {
  const { write, printed, output } = createPrinted()
  output.room = 0
  write("1\n", "access")
  write("2\n", "audit")
  for (const room of [0, 1, 22]) {
    output.room = room
    write("3\n", "audit")
  }
  output.room = null
  write("4\n", "audit")
  assert.equal(printed.join("").split("\n").at(-3), '{"access":1,"audit":4}')
})

test("createLineBatch() reports losses once when only the report was printed", () => {
  const { write, printed, output } = createPrinted()
  output.room = 0
  write("1\n", "audit")
  output.room = '{"audit":1}\n'.length
  write("2\n", "audit")
  output.room = null
  write("3\n", "audit")
  assert.equal(printed.join(""), '{"audit":1}\n{"audit":1}\n3\n')
})

test("createLineBatch() counts a late failure after later prints", () => {
  const { write, printed, failLater } = createPrinted()
  write("1\n", "access")
  write("2\n", "audit")
  write("3\n", "audit")
  failLater()
  failLater()
  write("4\n", "audit")
  assert.equal(printed.at(-1), '{"audit":2,"access":1}\n4\n')
  failLater()
  write("5\n", "audit")
  assert.equal(printed.at(-1), '{"audit":3,"access":1}\n5\n')
})
