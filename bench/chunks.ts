// A flood of one-byte chunks against the real service, in three ways: all chunks in one write, a
// few in each, and all in one write when the heads of all requests have been read. Says whether the goals hold, and ends with 1 when one does not.

import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { ChunkFlood, StatusCounts } from "./chunk_clients.ts"
import { type ChunkOutcome, judgeChunkFlood, measureChunkFlood } from "./chunk_flood.ts"
import { rightPassword } from "./fixture.ts"
import { startMeasuredService } from "./measured_service.ts"
import { endProbes, probeRows, probesHead, probeUntil, usualProbes } from "./probes.ts"
import { ask, outputOf } from "./running_server.ts"
import { table } from "./statistics.ts"

const rounds = Number(process.env["ROUNDS"] ?? 3)
const connections = Number(process.env["CONNECTIONS"] ?? 300)
/** Four fewer than the bytes of the longest body. */
const chunks = Number(process.env["CHUNKS"] ?? 16_380)
const manners = {
  "in one write": { chunksOfWrite: chunks, isHeadFirst: false },
  "16 in each write": { chunksOfWrite: 16, isHeadFirst: false },
  "in one write, heads first": { chunksOfWrite: chunks, isHeadFirst: true },
} as const
const idleMillis = 3000
const holdMillis = 2000
/** After a flood, until chunked bodies are read again. */
const restMillis = 1500

const service = await startMeasuredService({ usual: ["guarded"], disabled: [], locked: [] })
try {
  process.exitCode = (await measure()) ? 0 : 1
} finally {
  endProbes()
  await service.stop()
}

async function measure(): Promise<boolean> {
  const { port, memory } = service
  const { text } = await ask(port, {
    ...{ method: "POST", path: "/login", headers: { "Content-Type": "application/json" } },
    body: JSON.stringify({ username: "guarded", password: rightPassword }),
  })
  const questions = {
    ...usualProbes(JSON.parse(text).access_token),
    "/livez, new connection": { method: "GET", path: "/livez", isNewConnection: true },
  }
  // Until code and connections are warm.
  await probeUntil(port, questions, wait(1000))
  const rows = [
    probesHead,
    ...probeRows("idle", await probeUntil(port, questions, wait(idleMillis))),
  ]
  const outcomes: ChunkOutcome[] = []
  write(`${connections} connections, ${chunks} chunks each, Node ${process.version}`)
  write(`idle: ${memory().resident.toFixed(1)} MiB resident`)
  for (let round = 1; round <= rounds; round += 1) {
    for (const [manner, how] of Object.entries(manners)) {
      const flood = { connections, chunks, holdMillis, ...how }
      const outcome = await measureChunkFlood(service, questions, () => attack(port, flood))
      outcomes.push(outcome)
      rows.push(...probeRows(`${manner} (${round})`, outcome.probes))
      const answers = Object.entries(outcome.answers).map(([status, count]) => `${count} ${status}`)
      const grown = `${outcome.grownMib.toFixed(1)} MiB more at most`
      const used = `${outcome.processorMillis.toFixed(0)} ms of CPU`
      const failure = outcome.failure === null ? "" : `; others: ${outcome.failure}`
      write(`${manner} (${round}): ${grown}, ${used}; ${answers.join(", ")}${failure}`)
      await wait(restMillis)
    }
  }
  const { isHeld, lines } = judgeChunkFlood(outcomes)
  write(table(rows))
  for (const line of lines) write(line)
  return isHeld
}

async function attack(port: number, flood: ChunkFlood): Promise<StatusCounts> {
  const program = fileURLToPath(new URL("chunk_attacker.mjs", import.meta.url))
  const command = [process.execPath, program, String(port), JSON.stringify(flood)]
  return JSON.parse(await outputOf({ command, environment: {}, workingDirectory: "." }, null))
}

function write(text: string): void {
  process.stdout.write(`${text}\n`)
}
