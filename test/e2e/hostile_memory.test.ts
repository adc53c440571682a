// What hostile clients cost the memory of the service (H-41 and its kin), in a process of its own
// with little heap: it stays below a bound while they hold what they have sent, nobody ends the
// process, and others are answered.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { crowdOf } from "../races/tally.ts"
import { bundlePostern, type RunningPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const connections = 150
/** Each asks for 4 MiB of answers: more than the bound together, and the most work here. */
const connectionsUnread = crowdOf({ few: 30, many: connections })
const growthMax = 100
/** Where up to 900,000 requests are answered: most of that is garbage, not collected yet. */
const growthMaxOfMany = 160
/** Little room for what is garbage already, so that what is held shows. */
const heap = ["--max-old-space-size=128", "--max-semi-space-size=4"]
const skip = process.platform === "linux" ? false : "only Linux tells the memory of a process"

const host = "Host: localhost\r\n"
const post = (lines: string) => `POST /login HTTP/1.1\r\n${host}${lines}\r\n`
const chunked = post("Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
const get = `GET /.well-known/jwks.json HTTP/1.1\r\n${host}\r\n`
const manyGets = get.repeat(1000)
const wrong = '{"username":"nobody","password":"wrong"}'
const lengthOfWrong = `Content-Length: ${wrong.length}\r\n`
const logIn = `${post(`Content-Type: application/json\r\n${lengthOfWrong}`)}${wrong}`
const last = logIn.replace(host, `${host}Connection: upgrade\r\nUpgrade: x\r\n`)

/** What each connection sends, and does not read the answer to. */
const attacks: Readonly<Record<string, readonly string[]>> = {
  "16,380 chunks of one byte": [`${chunked}${"1\r\na\r\n".repeat(16_380)}`],
  "the same where no body is asked for": [
    `${chunked.replace("POST /login", "GET /livez")}${"1\r\na\r\n".repeat(16_380)}`,
  ],
  "a body in packets of one byte": [post("Content-Length: 16384\r\n"), ...Array(100).fill("a")],
  "bodies that never end": [`${post("Content-Length: 16384\r\n")}${"a".repeat(16_383)}`],
  "chunk extensions": [`${chunked}${`1;${"x".repeat(4000)}\r\na\r\n`.repeat(250)}`],
  "trailers without end": [`${chunked}1\r\na\r\n0\r\n${"a:\r\n".repeat(3900)}`],
  "tiny headers without end": [`GET / HTTP/1.1\r\n${host}${"a:\r\n".repeat(3900)}`],
  "a long head without end": [`GET / HTTP/1.1\r\n${host}${`X: ${"y".repeat(150)}\r\n`.repeat(95)}`],
  "pipelined requests, unread": Array(6).fill(manyGets),
  "pipelined requests that are refused": Array(20).fill("GET / HTTP/1.1\r\n\r\n".repeat(3600)),
  "requests after the last one": [last, ...Array(20).fill(manyGets)],
  "a refused body that goes on": [post("Content-Length: 99999999\r\n"), ...Array(40).fill("a\0")],
}

test("the service holds hostile clients within its memory: H-41", { skip }, async (t) => {
  const program = [...heap, ...bundlePostern(t)]
  for (const [name, pieces] of Object.entries(attacks)) {
    await t.test(name, async (t) => {
      const service = await startPostern(
        t,
        { POSTERN_DATA_DIR: temporaryDirectory(t) },
        ["serve"],
        program,
      )
      const before = forgetPeak(service)
      const length = pieces[0] === manyGets ? connectionsUnread : connections
      const clients = await Promise.all(
        Array.from({ length }, () => attack(t, service.port, pieces)),
      )
      // Answered while all of these are there, or have been.
      const answer = await fetch(`${service.url}/livez`)
      assert.equal(answer.status, 200)
      const grown = peakOf(service) - before
      t.diagnostic(`${grown.toFixed(0)} MiB more`)
      const most = pieces.includes(manyGets) && length === connections ? growthMaxOfMany : growthMax
      assert.ok(grown < most, `${grown.toFixed(0)} MiB more`)
      for (const client of clients) client.destroy()
      assert.equal(await service.stop(), 0, service.output().slice(-2000))
    })
  }
})

/** Sends all pieces, unless the connection ends before, and holds it. */
async function attack(t: TestContext, port: number, pieces: readonly string[]): Promise<Socket> {
  const client = connect({ port, host: "127.0.0.1" }).on("error", () => {})
  t.after(() => client.destroy())
  client.setNoDelay(true).pause()
  const ended = new Promise<"ended">((resolve) => client.once("close", () => resolve("ended")))
  for (const piece of pieces) {
    const sent = new Promise<void>((resolve) => client.write(piece, () => resolve()))
    // A client whose bytes are not read can't send more.
    if ((await Promise.race([sent, ended, wait(300)])) === "ended") break
    if (piece.length < 10) await wait(1)
  }
  return client
}

/** The most that was in a process's memory since that was last forgotten, in MiB. */
function peakOf({ process: { pid } }: RunningPostern): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8")
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
}

/** Forgets what the start took (proc(5), clear_refs), and gives what is in memory now. */
function forgetPeak(service: RunningPostern): number {
  writeFileSync(`/proc/${service.process.pid}/clear_refs`, "5")
  return peakOf(service)
}

test("the service holds log lines that nobody reads within its memory", { skip }, async (t) => {
  const service = await startPostern(
    t,
    { POSTERN_DATA_DIR: temporaryDirectory(t) },
    ["serve"],
    [...heap, ...bundlePostern(t)],
  )
  service.process.stdout?.pause()
  const before = forgetPeak(service)
  for (let rounds = 0; rounds < 20; rounds += 1) {
    const client = connect({ port: service.port, host: "127.0.0.1" })
    client.write(`GET /livez HTTP/1.1\r\n${host}\r\n`.repeat(2000))
    let [answered, rest] = [0, ""]
    for await (const chunk of client) {
      const parts = `${rest}${chunk}`.split("HTTP/1.1 200")
      answered += parts.length - 1
      rest = parts.at(-1)?.slice(-20) ?? ""
      if (answered >= 2000) break
    }
  }
  const grown = peakOf(service) - before
  assert.ok(grown < growthMax, `${grown.toFixed(0)} MiB more`)
  service.process.stdout?.resume()
  await fetch(`${service.url}/livez`)
  for (let times = 0; times < 50 && !service.output().includes("log.dropped"); times += 1) {
    await wait(20)
    await fetch(`${service.url}/livez`)
  }
  assert.match(service.output(), /"event":"log\.dropped","lines":\d{4}/)
  assert.equal(await service.stop(), 0)
})
