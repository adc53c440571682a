// The bench's flood of chunks, small, against the service and against one that fails both goals.

import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { after, type TestContext, test } from "node:test"
import { sendChunks } from "../../bench/chunk_clients.ts"
import { type ChunkOutcome, judgeChunkFlood, measureChunkFlood } from "../../bench/chunk_flood.ts"
import { endProbes } from "../../bench/probes.ts"
import { bundlePostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const skip = process.platform === "linux" ? false : "only Linux tells the memory of a process"
// Fewer chunks in all than Postern calls a flood: each body is refused by itself.
const flood = { connections: 6, chunks: 600, chunksOfWrite: 200, holdMillis: 1500 }
const questions = { "/livez": { method: "GET", path: "/livez", isNewConnection: true } }

/** At the first body it takes 160 MiB, and nobody gets a turn for 150 ms. */
const careless = `
const kept = []
require("node:http").createServer((request, response) => {
  if (request.method === "GET") return response.end()
  if (kept.length > 0) return
  kept.push(Buffer.alloc(160 * 1024 * 1024, 1))
  for (const endsAt = Date.now() + 150; Date.now() < endsAt; );
}).listen(0, "127.0.0.1", function () { console.log(this.address().port) })`

test("measureChunkFlood() counts how the service refuses chunks of one byte", {
  skip,
}, async (t) => {
  const settings = { POSTERN_DATA_DIR: temporaryDirectory(t) }
  const service = await startPostern(t, settings, ["serve"], bundlePostern(t))
  const { port, process: child } = service
  const outcome = await measure({ port, pid: child.pid ?? 0 }, false)
  assert.equal(outcome.answers["413"], 6)
  assert.ok(outcome.grownMib >= 0 && outcome.grownMib < 100, `${outcome.grownMib} MiB`)
  assert.ok((outcome.probes["/livez"] ?? []).length > 1)
  assert.ok(outcome.processorMillis > 0)
  assert.equal(outcome.failure, null)
  assert.equal(await service.stop(), 0)
})

for (const isHeadFirst of [false, true]) {
  test(`judgeChunkFlood() finds both goals missed, heads first: ${isHeadFirst}`, {
    skip,
  }, async (t) => {
    const outcome = await measure(await startCareless(t), isHeadFirst)
    assert.deepEqual(outcome.answers, { none: 6 })
    const { isHeld, lines } = judgeChunkFlood([outcome])
    assert.equal(isHeld, false)
    assert.match(
      lines.join("\n"),
      /^GOAL MISSED: memory .*: 1\d\d\.\d MiB.*\nGOAL MISSED: longest /,
    )
  })
}

test("judgeChunkFlood() takes the worst outcome, and counts an unknown one as missed", () => {
  const outcomeOf = (grownMib: number, waitMillis: number): ChunkOutcome => {
    const rest = { probes: {}, answers: {}, failure: null, processorMillis: 0 }
    return { ...rest, grownMib, waitMillis }
  }
  const good = outcomeOf(99.9, 99.9)
  assert.deepEqual(judgeChunkFlood([good, outcomeOf(1, 1)]), {
    isHeld: true,
    lines: [
      "goal holds: memory that the service gained: 99.9 MiB, below 100 wanted",
      "goal holds: longest wait of others: 99.9 ms, below 100 wanted",
    ],
  })
  for (const other of [outcomeOf(100, 1), outcomeOf(1, 100), outcomeOf(Number.NaN, 1)]) {
    assert.equal(judgeChunkFlood([other, good]).isHeld, false)
  }
})

test("judgeChunkFlood() finds the wait missed when others are refused", { skip }, async (t) => {
  const refusing = careless.replace("return response.end()", "return response.writeHead(408).end()")
  const outcome = await measure(await startCareless(t, refusing), false)
  assert.equal(outcome.failure, "/livez answered 408")
  const { isHeld, lines } = judgeChunkFlood([outcome])
  assert.equal(isHeld, false)
  assert.match(lines[1] ?? "", /^GOAL MISSED: longest wait of others: Infinity ms/)
})

test("measureChunkFlood() fails when the service does", { skip }, async (t) => {
  const { port, pid, child } = await startCareless(t)
  const attack = async () => {
    child.kill("SIGKILL")
    await once(child, "close")
    return sendChunks(port, { ...flood, isHeadFirst: false })
  }
  await assert.rejects(measureChunkFlood({ port, pid }, questions, attack), /ECONN/)
})

async function measure(service: { port: number; pid: number }, isHeadFirst: boolean) {
  const attack = () => sendChunks(service.port, { ...flood, isHeadFirst })
  return await measureChunkFlood(service, questions, attack)
}

async function startCareless(t: TestContext, program = careless) {
  const child: ChildProcess = spawn(process.execPath, ["-e", program])
  t.after(() => child.kill("SIGKILL"))
  const [text] = await once(child.stdout ?? child, "data")
  return { port: Number(text), pid: child.pid ?? 0, child }
}

after(endProbes)
