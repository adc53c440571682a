// What is kept of what clients send takes the memory that it is counted with, and no more: not the
// header that a name was cut from, nor what the pieces of a line take by themselves (H-41).

import assert from "node:assert/strict"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { test } from "node:test"
import { trustedProxies } from "../src/config/network.ts"
import { networkOf } from "../src/domain/ip_address.ts"
import { callerOf } from "../src/http/caller.ts"
import { clientAddressOf } from "../src/http/client_address.ts"
import { createDelays } from "../src/limit/delays.ts"
import { createRateLimit, ratesOfClient } from "../src/limit/rate_limit.ts"
import { BoundedMap } from "../src/system/bounded_map.ts"
import { ownText } from "../src/system/own_text.ts"
import { listenLocally } from "../src/system/unix_socket.ts"
import { openAuditFile } from "../src/telemetry/audit.ts"
import { createLineBatch } from "../src/telemetry/line_batch.ts"
import { createLog, createLossLine } from "../src/telemetry/log.ts"
import { createFakeClock } from "./support/fake_clock.ts"
import { createFaultyDisk } from "./support/faulty_disk.ts"
import { makeRequest } from "./support/http_request.ts"
import { bytesKept } from "./support/kept_memory.ts"
import { temporaryDirectory } from "./support/temporary_directory.ts"

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** A header of 16 KiB, another one each time, as Node makes it of the bytes that came. */
function longHeader(start: string, number: number): string {
  const text = `${start}${number}`.padEnd(16 * kibibyte, "x")
  return Buffer.from(text, "latin1").toString("latin1")
}

async function assertKept(bytesMax: number, work: () => unknown): Promise<void> {
  const bytes = await bytesKept(work)
  assert.ok(bytes < bytesMax, `${(bytes / mebibyte).toFixed(1)} MiB are kept`)
}

test("bytesKept() counts kept bytes, also those that a part of a text keeps without ownText()", async () => {
  const cut = (text: string) => text.slice(0, 200)
  const count = (one: (text: string) => string) => () =>
    Array.from({ length: 500 }, (_, at) => one(longHeader("a", at)))
  // What Node gives back meanwhile, of its own start, is taken off: seldom twice.
  const tries = [await bytesKept(count(cut)), await bytesKept(count(cut))]
  assert.ok(Math.max(...tries) > 6 * mebibyte, `${tries}`)
  // 100 KB are kept, and Node 26 has kept 1.5 MiB of its own once.
  await assertKept(
    3 * mebibyte,
    count((text) => ownText(cut(text))),
  )
})

test("callerOf() keeps 200 characters of a user agent, and not its header", () =>
  assertKept(8 * mebibyte, () =>
    Array.from({ length: 2000 }, (_, at) =>
      callerOf(makeRequest({ headers: { "user-agent": longHeader("agent", at) } })),
    ),
  ))

test("clientAddressOf() keeps an address, and not its header", () => {
  const proxies = trustedProxies("127.0.0.1")
  const from = {
    peer: { address: "127.0.0.1", isTrusted: true },
    header: "X-Forwarded-For",
  } as const
  return assertKept(2 * mebibyte, () => {
    const keys = new BoundedMap<number>(20_000)
    for (let at = 0; at < 2000; at += 1) {
      for (const address of [`100.100.${100 + (at % 100)}.1${at % 100}`, `2001:db8:1:${at}::1`]) {
        const header = `${longHeader("unknown", at)}, ${address}`
        const flat = Buffer.from(header).toString("latin1")
        const headers = new Map([["x-forwarded-for", flat]])
        keys.set(networkOf(clientAddressOf(headers, { ...from, proxies })), at)
      }
    }
    return keys
  })
})

test("createDelays() and createRateLimit() are bounded, however many and long the keys", () =>
  assertKept(25 * mebibyte, () => {
    const seconds = () => 0
    const delays = createDelays({ freeFailures: 5, seconds })
    const rate = { capacity: 100, secondsPerToken: 10 }
    const limit = createRateLimit(
      ratesOfClient(rate, (address: string) => address),
      { seconds },
    )
    for (let at = 0; at < 60_000; at += 1) {
      delays.count(`${`user${at}`.padEnd(254, "x")} 2001:db8:${at % 50_000}::/64`)
      limit.take(`2001:db8:${at % 50_000}::1`)
    }
    return [delays, limit]
  }))

test("createLog() keeps no lines while output stalls, and counts them", () => {
  const form = { clock: createFakeClock(), forPeople: false }
  const unread: string[] = []
  let length = 0
  const output = {
    unreadBytes: () => length,
    print: (text: string) => {
      unread.push(text)
      length += text.length
    },
  }
  const lines = createLineBatch(output, createLossLine(form))
  const log = createLog({ ...form, level: "info", write: lines.write })
  return assertKept(12 * mebibyte, async () => {
    for (let at = 0; at < 50_000; at += 1) {
      const access = { request: `r-${at}`, client: "192.0.2.7", method: "GET", path: "/livez" }
      log.access({ ...access, status: 200, ms: 1 })
      log.info("request.refused", { request: `r-${at}`, reason: "host" })
      log.audit("login.failed", { request: `r-${at}` })
      if (at % 5000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    lines.flush()
    assert.ok(length > 4 * mebibyte && length < 5 * mebibyte, `${length}`)
    return [unread, lines, log]
  })
})

test("openAuditFile() keeps a mebibyte or two while its disk does not answer", async () => {
  const disk = createFaultyDisk()
  const file = openAuditFile("/nowhere/audit.jsonl", disk, {
    warn: () => {},
    clock: createFakeClock(),
  })
  const held = disk.holdWrites()
  file.append("first\n")
  await held.reached
  await assertKept(8 * mebibyte, () => {
    for (let at = 0; at < 100_000; at += 1) file.append(`${`line ${at}`.padEnd(200, "x")}\n`)
    return file
  })
  held.letGo()
  await file.close()
})

async function connected(path: string): Promise<Socket> {
  const socket = connect(path).on("error", () => {})
  await new Promise((resolve) => socket.once("connect", resolve))
  return socket
}

test("listenLocally() keeps a line that comes in single bytes in one buffer", async (t) => {
  const path = join(temporaryDirectory(t), "a.sock")
  const listened = await listenLocally(path, async () => "ok")
  const sockets = await Promise.all(Array.from({ length: 2 }, () => connected(path)))
  await assertKept(mebibyte, async () => {
    for (let bytes = 0; bytes < 20_000; bytes += 1) {
      for (const socket of sockets) socket.write("x")
      await new Promise((resolve) => setImmediate(resolve))
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  })
  for (const socket of sockets) socket.destroy()
  await listened.close()
})

test("listenLocally() takes 64 connections, and gives no answer while 16 MiB wait", async (t) => {
  const path = join(temporaryDirectory(t), "a.sock")
  const answer = "x".repeat(2 * mebibyte)
  const listened = await listenLocally(path, async () => answer)
  const sockets: Socket[] = []
  // What waits in the system's hands is not the heap's.
  const before = process.memoryUsage().rss
  for (let at = 0; at < 100; at += 1) {
    const socket = await connected(path)
    sockets.push(socket.pause())
    socket.write("list\n")
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  const bytes = process.memoryUsage().rss - before
  assert.ok(bytes < 80 * mebibyte, `${(bytes / mebibyte).toFixed(1)} MiB more are used`)
  for (const socket of sockets) socket.destroy()
  await listened.close()
})
