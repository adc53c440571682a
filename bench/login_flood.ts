// What everybody else notices while 200 logins arrive together, several times: how long /livez and
// a guarded GET take, and how much memory the process has. One probe of each kind is on its way at
// a time, on a connection that is kept; every login has an address and a connection of its own.
// How many logins there are a second is to be compared with the hash function by itself.

import { Agent, request } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { verify } from "@node-rs/argon2"
import { hashPassword, rightPassword } from "./fixture.ts"
import { startMeasuredService } from "./measured_service.ts"
import { percentile, table } from "./statistics.ts"

const waves = Number(process.env["WAVES"] ?? 5)
const loginsOfWave = 200
const idleMillis = 5000
const millisBetweenProbes = 5
const usernames = Array.from({ length: loginsOfWave }, (_, number) => `user${number}`)
const keeping = new Agent({ keepAlive: true })

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly localAddress?: string
  readonly agent?: Agent
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly millis: number
}

/** How long each probe took, by what was asked. */
type Probes = Readonly<Record<string, number[]>>

function ask(port: number, { body, headers = {}, ...options }: Sent): Promise<Answer> {
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, agent: false, headers, ...options })
    outgoing.on("response", async (incoming) => {
      let text = ""
      for await (const chunk of incoming) text += chunk
      const millis = performance.now() - startedAt
      resolve({ status: incoming.statusCode ?? 0, text, millis })
    })
    outgoing.on("error", reject)
    outgoing.end(body)
  })
}

function logIn(port: number, username: string, localAddress: string): Promise<Answer> {
  const headers = { "Content-Type": "application/json" }
  const body = JSON.stringify({ username, password: rightPassword })
  return ask(port, { method: "POST", path: "/login", headers, body, localAddress })
}

/** Asks for both again and again until something is over. */
async function probe(port: number, token: string, until: Promise<unknown>): Promise<Probes> {
  const probes: Probes = { "/livez": [], "/protected": [] }
  let isOver = false
  const end = until.finally(() => {
    isOver = true
  })
  const headers = { Authorization: `Bearer ${token}` }
  await Promise.all(
    Object.entries(probes).map(async ([path, times]) => {
      while (!isOver) {
        const { status, millis } = await ask(port, { method: "GET", path, headers, agent: keeping })
        if (status !== 200) throw new Error(`${path} answered ${status}`)
        times.push(millis)
        await wait(millisBetweenProbes)
      }
    }),
  )
  await end
  return probes
}

/** How many passwords can be verified a second when nothing else is done, two at a time. */
async function hashesPerSecond(count: number): Promise<number> {
  const hash = await hashPassword()
  const startedAt = performance.now()
  const verifyHalf = async () => {
    for (let done = 0; done < count / 2; done += 1) await verify(hash, rightPassword)
  }
  await Promise.all([verifyHalf(), verifyHalf()])
  return (count * 1000) / (performance.now() - startedAt)
}

function row(when: string, probes: Probes): readonly string[][] {
  return Object.entries(probes).map(([path, times]) => [
    `${path}, ${when}`,
    String(times.length),
    ...[50, 99, 100].map((percent) => percentile(times, percent).toFixed(2)),
  ])
}

/** One wave: its probes, and a line about its logins and the memory after it. */
async function flood(wave: number): Promise<Probes> {
  const startedAt = performance.now()
  const logins = Promise.all(
    usernames.map((username, number) => logIn(service.port, username, `127.2.${wave}.${number}`)),
  )
  const probes = await probe(service.port, token, logins)
  const seconds = (performance.now() - startedAt) / 1000
  const answers = await logins
  const good = answers.filter(({ status }) => status === 200).length
  const refused = answers.filter(({ status }) => status === 503).length
  process.stdout.write(
    `wave ${wave}: ${good} logins, ${refused} refused with 503, in ${seconds.toFixed(2)} s, ` +
      `${(good / seconds).toFixed(0)} a second; ${memoryText()}\n`,
  )
  return probes
}

function memoryText(): string {
  const { resident, anonymous, most } = service.memory()
  const [now, own, peak] = [resident, anonymous, most].map((one) => one.toFixed(1))
  return `${now} MiB resident, ${own} of them anonymous; at most ${peak} so far`
}

const service = await startMeasuredService({
  usual: [...usernames, "guarded"],
  disabled: [],
  locked: [],
})
process.stdout.write(`${waves} waves of ${loginsOfWave} logins, Node ${process.version}\n`)
process.stdout.write(`the hash alone: ${(await hashesPerSecond(300)).toFixed(0)} a second\n`)
const token = JSON.parse((await logIn(service.port, "guarded", "127.0.0.1")).text).access_token
// Until code and connections are warm.
await probe(service.port, token, wait(1000))
const idle = await probe(service.port, token, wait(idleMillis))
process.stdout.write(`idle: ${memoryText()}\n`)
const flooded: Probes = { "/livez": [], "/protected": [] }
for (let wave = 1; wave <= waves; wave += 1) {
  for (const [path, times] of Object.entries(await flood(wave))) flooded[path]?.push(...times)
}
const head = ["milliseconds", "asked", "p50", "p99", "max"]
process.stdout.write(table([head, ...row("idle", idle), ...row("flood", flooded)]))
keeping.destroy()
await service.stop()
