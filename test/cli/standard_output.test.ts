// What is printed, and what is told of what did not get through.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createPrint } from "../../src/cli/standard_output.ts"

/** A stream, a file beside it with so much room, and what both took. */
function createOutputs(room: number) {
  const streamed: string[] = []
  const filed: string[] = []
  const pending: ((error?: Error | null) => void)[] = []
  const stream = {
    write(text: string, done: (error?: Error | null) => void) {
      streamed.push(text)
      pending.push(done)
    },
  }
  const file = (bytes: Uint8Array) => {
    const taken = Buffer.from(bytes).subarray(0, room)
    filed.push(taken.toString("latin1"))
    return taken.byteLength
  }
  return { stream, file, streamed, filed, pending }
}

test("createPrint() tells when a stream took nothing, and says nothing otherwise", () => {
  const { stream, streamed, pending } = createOutputs(0)
  const print = createPrint(stream, null)
  const failures: number[] = []
  for (const text of ["one\n", "two\n", "three\n"]) print(text, (taken) => failures.push(taken))
  const [first, second, third] = pending
  first?.()
  second?.(new Error("EPIPE"))
  third?.(null)
  assert.deepEqual(streamed, ["one\n", "two\n", "three\n"])
  assert.deepEqual(failures, [0])
})

test("createPrint() tells how many bytes a file took, unless it took all", () => {
  const { stream, file, streamed, filed } = createOutputs(5)
  const print = createPrint(stream, file)
  const failures: number[] = []
  for (const text of ["one\n", "gr\u00fc\u00dfe\n", "12345", "123456"]) {
    print(text, (taken) => failures.push(taken))
  }
  assert.deepEqual(failures, [5, 5])
  assert.deepEqual(filed, ["one\n", "gr\u00c3\u00bc\u00c3", "12345", "12345"])
  assert.deepEqual(streamed, [])
})

test("createPrint() leaves to the stream what nobody asks about", () => {
  const { stream, file, streamed, filed, pending } = createOutputs(5)
  const print = createPrint(stream, file)
  print("one\n")
  assert.deepEqual([streamed, filed], [["one\n"], []])
  assert.doesNotThrow(() => pending[0]?.(new Error("ENOSPC")))
})
