// What becomes of log lines that nobody reads, that the disk has no room for, or whose reader has
// gone: each line is written or counted, access lines are lost first, and the service goes on.

import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, truncateSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { postLogin } from "../support/http_client.ts"
import { bundlePostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

type Line = Readonly<Record<string, unknown>>

const requestsAtOnce = 100

test("postern serve loses access lines first when nobody reads, and says how many", async (t) => {
  const service = await startPostern(
    t,
    { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"), POSTERN_SEED_USERS: "bob:builder" },
    ["serve"],
    bundlePostern(t),
  )
  const { stdout } = service.process
  stdout?.pause()
  const requests = 12_000
  await ask(service.port, requests)
  let logins = 0
  const logInWrongly = () => {
    logins += 1
    return postLogin(service.url, "bob", "wrong")
  }
  while (logins < 5) await logInWrongly()
  stdout?.resume()
  // The first line that comes when there is room again.
  await untilTrue(async () => {
    await logInWrongly()
    return service.output().includes("log.dropped")
  })
  await service.stop()
  const lines = parse(service.output())
  // The audit trail of what happened while nobody read is whole.
  assert.ok(lines.filter(({ event }) => event === "login.failed").length >= 5)
  const written = lines.filter(({ event }) => event === "request").length
  const lost = lossesOf(lines)
  const { access = 0, ...others } = lost
  assert.ok(access > 1000, JSON.stringify(lost))
  assert.deepEqual(others, {})
  assert.equal(written + access, requests + logins)
})

test("postern serve counts lines for which its file has no room", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, "log")
  const port = await startWithFile(t, { directory, path })
  const before = parse(readFileSync(path, "utf8")).length
  const requests = 1000
  await ask(port, requests)
  const full = readFileSync(path, "utf8")
  const whole = full.split("\n").length - 1
  assert.ok(whole > 50 && whole < requests, `${whole} lines`)
  truncateSync(path, 0)
  await ask(port, 1)
  const written = () => parse(textOf(path).replace(/.*$/, ""))
  const lost = () => lossesOf(written())["access"] ?? 0
  // The lines of the last moment may have found room again.
  const sum = () => whole - before + lost() + written().length - 1
  await untilTrue(async () => sum() === requests + 1)
  const [told, ...after] = written()
  assert.deepEqual([told?.["event"], told?.["level"]], ["log.dropped", "warn"])
  assert.equal(told?.["lines"], lost())
  assert.ok(after.length > 0 && after.every((line) => line["path"] === "/livez"))
})

test("postern serve goes on when the reader of its log has gone", async (t) => {
  const service = await startPostern(
    t,
    { POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") },
    ["serve"],
    bundlePostern(t),
  )
  service.process.stdout?.destroy()
  await ask(service.port, 500)
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal(await service.stop(), 0)
})

/** Asks for /livez so many times, on connections that send a hundred requests each. */
async function ask(port: number, requests: number): Promise<void> {
  for (let left = requests; left > 0; left -= requestsAtOnce) {
    const count = Math.min(left, requestsAtOnce)
    const socket = connect({ port, host: "127.0.0.1" })
    let text = ""
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk
    })
    const end = "Connection: close\r\n"
    for (let at = 1; at <= count; at += 1) {
      socket.write(`GET /livez HTTP/1.1\r\nHost: a\r\n${at === count ? end : ""}\r\n`)
    }
    await once(socket, "close")
    assert.equal(text.match(/^HTTP\/1\.1 200/gm)?.length, count)
  }
}

/** Serves with a log file that may have 32 KiB, and gives the port. */
async function startWithFile(
  t: TestContext,
  { directory, path }: { readonly directory: string; readonly path: string },
): Promise<number> {
  const script = 'ulimit -f 64; exec "$0" "$@" >> "$LOG_OF_TEST"'
  const child = spawn("sh", ["-c", script, process.execPath, ...bundlePostern(t), "serve"], {
    env: {
      PATH: process.env["PATH"],
      NODE_PATH: fileURLToPath(new URL("../../node_modules", import.meta.url)),
      LOG_OF_TEST: path,
      POSTERN_PORT: "0",
      POSTERN_DATA_DIR: join(directory, "data"),
    },
    stdio: ["ignore", "ignore", "inherit"],
  })
  t.after(() => child.kill("SIGKILL"))
  const ready = () => /"event":"service\.ready","url":"[^"]*:(\d+)"/.exec(textOf(path))?.[1]
  await untilTrue(async () => ready() !== undefined)
  return Number(ready())
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

function parse(text: string): Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line)
}

/** All losses that were told, by kind. */
function lossesOf(lines: readonly Line[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const line of lines.filter(({ event }) => event === "log.dropped")) {
    const { time: _, level: __, event: ___, lines: all, ...kinds } = line
    for (const [kind, count] of Object.entries(kinds)) {
      sums[kind] = (sums[kind] ?? 0) + Number(count)
    }
    assert.equal(
      Object.values(kinds).reduce<number>((sum, count) => sum + Number(count), 0),
      all,
    )
  }
  return sums
}

async function untilTrue(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isTrue()) return
    await sleep(100)
  }
  assert.fail("It did not happen in time")
}
