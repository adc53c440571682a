// Long answers over a Unix socket: in pieces, and no faster than they are read.

import assert from "node:assert/strict"
import { once } from "node:events"
import { connect } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setImmediate as turn } from "node:timers/promises"
import {
  askForPieces,
  type LineHandler,
  type LocalSocket,
  listenLocally,
  NobodyListens,
} from "../../src/system/unix_socket.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

async function listening(
  t: TestContext,
  answer: LineHandler,
): Promise<{ path: string; listened: LocalSocket }> {
  const path = join(temporaryDirectory(t), "test.sock")
  const listened = await listenLocally(path, answer)
  t.after(() => listened.close())
  return { path, listened }
}

async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all).toString()
}

/** Pieces that are made when they are asked for, and what became of them. */
function countedPieces(count: number, bytes: number) {
  const seen = { made: 0, isOver: false }
  async function* make(): AsyncIterable<Uint8Array> {
    try {
      for (; seen.made < count; seen.made += 1) yield Buffer.alloc(bytes, "x")
    } finally {
      seen.isOver = true
    }
  }
  return { seen, pieces: make() }
}

test("askForPieces() gives the line, and then the pieces", async (t) => {
  async function* pieces() {
    for (const text of ["one", "", "\n\n", "x".repeat(200_000), "é"]) yield Buffer.from(text)
  }
  const { path } = await listening(t, async (line) => ({ line: `heard ${line}`, pieces: pieces() }))
  const answer = await askForPieces(path, "Grüße")
  assert.equal(answer.line, "heard Grüße")
  assert.equal(await gathered(answer.pieces), `one\n\n${"x".repeat(200_000)}é`)
})

test("askForPieces() gives a short answer, which has no pieces", async (t) => {
  const { path } = await listening(t, async () => "no")
  const { line, pieces } = await askForPieces(path, "hello")
  assert.equal(line, "no")
  await assert.rejects(gathered(pieces), { message: "The answer was cut off" })
})

test("askForPieces() rejects where nobody listens, and without an answer", async (t) => {
  const nowhere = join(temporaryDirectory(t), "none.sock")
  await assert.rejects(askForPieces(nowhere, "hello"), NobodyListens)
  await assert.rejects(askForPieces("/dev/null/none.sock", "hello"), { code: "ENOTDIR" })
  const { path } = await listening(t, async () => {
    throw new Error("a secret of the service")
  })
  await assert.rejects(askForPieces(path, "hello"), {
    message: "The connection ended without an answer",
  })
})

test("askForPieces() rejects when the answer fails in the middle", async (t) => {
  async function* pieces() {
    yield Buffer.from("one")
    throw new Error("the disk")
  }
  const { path } = await listening(t, async () => ({ line: "", pieces: pieces() }))
  const answer = await askForPieces(path, "hello")
  await assert.rejects(gathered(answer.pieces), { message: "The answer was cut off" })
})

test("listenLocally() makes no more pieces than are read", async (t) => {
  const { seen, pieces } = countedPieces(1000, 100_000)
  const { path } = await listening(t, async () => ({ line: "", pieces }))
  const answer = await askForPieces(path, "hello")
  const before = await settledCount(seen)
  assert.ok(before < 100, `${before} pieces wait`)
  assert.equal((await gathered(answer.pieces)).length, 100_000_000)
  assert.deepEqual(seen, { made: 1000, isOver: true })
})

/** How many pieces were made when no more are. */
async function settledCount(seen: { readonly made: number }): Promise<number> {
  let [count, rounds] = [-1, 0]
  while (rounds < 200) {
    rounds = seen.made === count ? rounds + 1 : 0
    count = seen.made
    await turn()
  }
  return count
}

test("listenLocally() ends the pieces when their reader leaves", async (t) => {
  const { seen, pieces } = countedPieces(1000, 100_000)
  const { path } = await listening(t, async () => ({ line: "", pieces }))
  for await (const _ of (await askForPieces(path, "hello")).pieces) break
  while (!seen.isOver) await turn()
  assert.ok(seen.made < 1000)
})

test("close() does not wait for a reader of pieces", async (t) => {
  const { seen, pieces } = countedPieces(1000, 100_000)
  const { path, listened } = await listening(t, async () => ({ line: "", pieces }))
  const socket = connect(path)
  t.after(() => socket.destroy())
  socket.write("hello\n")
  await once(socket, "readable")
  await settledCount(seen)
  await listened.close()
  while (!seen.isOver) await turn()
  assert.ok(seen.made < 1000)
})
