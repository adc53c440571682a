// What everybody else notices while 200 logins arrive together, several times: how long /livez and
// a guarded GET take, and how much memory the process has. One probe of each kind is on its way at
// a time, on a connection that is kept; every login has an address and a connection of its own.
// How many logins there are a second is to be compared with the hash function by itself.

import { setTimeout as wait } from "node:timers/promises"
import { verify } from "@node-rs/argon2"
import { hashPassword, rightPassword } from "./fixture.ts"
import { startMeasuredService } from "./measured_service.ts"
import { endProbes, type Probes, probeRows, probesHead, probeUntil, usualProbes } from "./probes.ts"
import { type Answer, ask } from "./running_server.ts"
import { table } from "./statistics.ts"

const waves = Number(process.env["WAVES"] ?? 5)
const loginsOfWave = 200
const idleMillis = 5000
const usernames = Array.from({ length: loginsOfWave }, (_, number) => `user${number}`)

function logIn(port: number, username: string, localAddress: string): Promise<Answer> {
  const headers = { "Content-Type": "application/json" }
  const body = JSON.stringify({ username, password: rightPassword })
  return ask(port, { method: "POST", path: "/login", headers, body, localAddress })
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

/** One wave: its probes, and a line about its logins and the memory after it. */
async function flood(wave: number): Promise<Probes> {
  const startedAt = performance.now()
  const logins = Promise.all(
    usernames.map((username, number) => logIn(service.port, username, `127.2.${wave}.${number}`)),
  )
  const probes = await probeUntil(service.port, questions, logins)
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
const questions = usualProbes(token)
// Until code and connections are warm.
await probeUntil(service.port, questions, wait(1000))
const idle = await probeUntil(service.port, questions, wait(idleMillis))
process.stdout.write(`idle: ${memoryText()}\n`)
const flooded: Probes = { "/livez": [], "/protected": [] }
for (let wave = 1; wave <= waves; wave += 1) {
  for (const [path, times] of Object.entries(await flood(wave))) flooded[path]?.push(...times)
}
const rows = [...probeRows("idle", idle), ...probeRows("flood", flooded)]
process.stdout.write(table([probesHead, ...rows]))
endProbes()
await service.stop()
