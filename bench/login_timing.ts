// How long a login takes to fail, by what is wrong with it: 500 samples a class, one after the
// other, the classes in turn and each time in another order. Every sample comes from an address of
// its own, and each account has few enough failures, so that no limit is met. The first class
// stands twice: what differs between the two is the noise.

import { connect } from "node:net"
import { rightPassword } from "./fixture.ts"
import { startMeasuredService, type Users } from "./measured_service.ts"
import { percentile, table } from "./statistics.ts"

const samples = Number(process.env["SAMPLES"] ?? 500)
const warmUps = 20
const usersOfAKind = 20
/** What a difference may be (ASVS 5.0 6.3.8 asks that it tells nothing): one of the two. */
const differenceMax = { millis: 2, percent: 5 }

type Credentials = Readonly<Record<"username" | "password", string>> & {
  readonly device_token?: string
}

/** What is sent in a class's nth sample. */
type Class = readonly [name: string, credentials: (number: number) => Credentials]

const users: Users = {
  usual: [...namesOf("usual", usersOfAKind * 10), ...namesOf("other", 10_000)],
  disabled: namesOf("disabled", usersOfAKind),
  locked: namesOf("locked", usersOfAKind),
}
const wrong = "not-the-password-of-it"
const tooLong = "p".repeat(1025)
const forged = `ptd_${"A".repeat(48)}`

// Of the usual users each class has its own.
const classes: readonly Class[] = [
  ["wrong password", (n) => ({ username: usual(0, n), password: wrong })],
  ["wrong password, once more", (n) => ({ username: usual(1, n), password: wrong })],
  ["unknown user", (n) => ({ username: `nobody${n}`, password: wrong })],
  ["disabled, right password", (n) => ({ username: `disabled${at(n)}`, password: rightPassword })],
  ["locked, right password", (n) => ({ username: `locked${at(n)}`, password: rightPassword })],
  ["locked, wrong password", (n) => ({ username: `locked${at(n)}`, password: wrong })],
  ["password too long", (n) => ({ username: usual(2, n), password: tooLong })],
  ["too long, unknown user", (n) => ({ username: `nobody${n}`, password: tooLong })],
  ["no possible name", (n) => ({ username: `no name ${n}`, password: wrong })],
  [
    "forged device token",
    (n) => ({ username: usual(3, n), password: wrong, device_token: forged }),
  ],
  [
    "forged, unknown user",
    (n) => ({ username: `nobody${n}`, password: wrong, device_token: forged }),
  ],
]

function namesOf(kind: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `${kind}${number}`)
}

function at(number: number): number {
  return number % usersOfAKind
}

function usual(group: number, number: number): string {
  return `usual${group * usersOfAKind + at(number)}`
}

/** Logs in from an address and gives the milliseconds until the answer, on an open connection. */
function time(port: number, localAddress: string, credentials: Credentials): Promise<number> {
  const body = JSON.stringify(credentials)
  const head = [
    "POST /login HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ]
  return new Promise((resolve, reject) => {
    let startedAt = 0
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true })
    socket.on("connect", () => {
      startedAt = performance.now()
      socket.write(`${head.join("\r\n")}\r\n\r\n${body}`)
    })
    socket.once("data", (chunk) => {
      const millis = performance.now() - startedAt
      if (chunk.toString("latin1").startsWith("HTTP/1.1 401 ")) resolve(millis)
      else reject(new Error(`Another answer: ${chunk}`))
    })
    socket.on("end", () => socket.destroy())
    socket.on("error", reject)
  })
}

async function measure(port: number): Promise<readonly number[][]> {
  const times: number[][] = classes.map(() => [])
  let clients = 0
  for (let number = -warmUps; number < samples; number += 1) {
    for (let turn = 0; turn < classes.length; turn += 1) {
      // Another one is first each time, and every second time they go backwards.
      const step = number % 2 === 0 ? turn : classes.length - 1 - turn
      const index = (((number + step) % classes.length) + classes.length) % classes.length
      clients += 1
      const address = `127.${1 + (clients >> 16)}.${(clients >> 8) & 255}.${clients & 255}`
      const credentials = classes[index]?.[1](number + warmUps)
      if (credentials === undefined) continue
      const millis = await time(port, address, credentials)
      if (number >= 0) times[index]?.push(millis)
    }
  }
  return times
}

function report(times: readonly (readonly number[])[]): boolean {
  const medians = times.map((values) => percentile(values, 50))
  const reference = medians[0] ?? Number.NaN
  const signed = (value: number, digits: number) =>
    `${value < 0 ? "-" : "+"}${Math.abs(value).toFixed(digits)}`
  const rows = classes.map(([name], index) => {
    const difference = (medians[index] ?? Number.NaN) - reference
    return [
      name,
      ...[10, 50, 95].map((percent) => percentile(times[index] ?? [], percent).toFixed(2)),
      signed(difference, 2),
      `${signed((difference / reference) * 100, 1)} %`,
    ]
  })
  const head = ["milliseconds until the 401", "p10", "median", "p95", "differs by", ""]
  process.stdout.write(table([head, ...rows]))
  return medians.every((median) => {
    const millis = Math.abs(median - reference)
    const isFew = millis < differenceMax.millis
    return isFew || (millis / reference) * 100 < differenceMax.percent
  })
}

const service = await startMeasuredService(users)
process.stdout.write(
  `${classes.length} classes, ${samples} samples each, Node ${process.version}\n`,
)
const isAlike = report(await measure(service.port))
await service.stop()
process.exitCode = isAlike ? 0 : 1
