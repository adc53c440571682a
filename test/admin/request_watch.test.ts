// The watch of the running service: it notes marked requests and no others, for a minute, within
// bounds, and only a marked request gets what it asks for.

import assert from "node:assert/strict"
import { test } from "node:test"
import { markerCookie, markOf, RequestWatch, type Seen } from "../../src/admin/request_watch.ts"
import { createCollectedLog } from "../support/collected_log.ts"

const marker = "m".repeat(22)
const facts = {
  publicAddress: "https://login.example.org",
  issuer: "https://login.example.org",
  listensAt: "http://127.0.0.1:8080",
  trustedProxies: [],
  forwardedHeader: "X-Forwarded-For",
  allowedHosts: null,
  keepAliveSeconds: { client: 5, proxy: 75 },
  protectedHosts: null,
}

function startedWatch() {
  let seconds = 1000
  const clock = { now: () => 1_800_000_000, steady: () => seconds }
  const watch = new RequestWatch({ facts: () => facts, clock })
  const pass = (more: number) => {
    seconds += more
  }
  return { watch, pass }
}

function arrivedRequest(id: string, target: string, rawHeaders: readonly string[] = []) {
  const peer = { address: "127.0.0.1", port: 4711, isTrusted: true }
  return { id, method: "GET", target, httpVersion: "1.1", rawHeaders, peer, number: 1 }
}

function readRequest(id: string, header?: string) {
  const headers = new Map(header === undefined ? [] : [["x-postern-doctor", header]])
  return { id, headers, clientAddress: "192.0.2.7", body: Buffer.from("{}") }
}

function seenBy(watch: RequestWatch, name = marker): Seen {
  return watch.answer({ command: "doctor.seen", marker: name }) as Seen
}

const reply = { status: 200, headers: { "Cache-Control": "no-store" }, body: "fine" }

test("RequestWatch answers only its own two commands", () => {
  const { watch } = startedWatch()
  assert.equal(watch.answer({ command: "user.list" }), undefined)
  assert.equal(watch.answer({ command: "doctor.watch", marker: "short" }), null)
  assert.equal(watch.answer({ command: "doctor.watch" }), null)
  assert.equal(watch.isOn, false)
  const started = watch.answer({ command: "doctor.watch", marker })
  assert.deepEqual(started, { ...facts, now: 1_800_000_000 })
  assert.equal(watch.isOn, true)
})

test("RequestWatch notes a request with the marker anywhere in its head, and its reply", async () => {
  const { watch } = startedWatch()
  watch.answer({ command: "doctor.watch", marker })
  watch.arrived(arrivedRequest("a-1", "/me", ["X-Postern-Doctor", `${marker}-1`]))
  watch.arrived(arrivedRequest("a-2", `/me?doctor=${marker}-2`))
  watch.arrived(arrivedRequest("a-3", "/me", ["Authorization", "Bearer secret"]))
  await watch.handle(readRequest("a-1"), async () => reply)
  watch.answered("a-1", { status: 200, rawHeaders: ["A", "b"], body: "fine" })
  watch.answered("a-3", { status: 200, rawHeaders: [], body: "secret" })
  const { requests } = seenBy(watch)
  assert.deepEqual(
    requests.map(({ id, client, body }) => ({ id, client, body })),
    [
      { id: "a-1", client: "192.0.2.7", body: markOf(Buffer.from("{}")) },
      { id: "a-2", client: null, body: null },
    ],
  )
  const body = markOf(Buffer.from("fine"))
  assert.deepEqual(requests[0]?.reply, { status: 200, rawHeaders: ["A", "b"], body })
  assert.doesNotMatch(JSON.stringify(requests), /secret/)
})

test("RequestWatch ends when it was read, after a minute, and with the ninth", () => {
  const { watch, pass } = startedWatch()
  watch.answer({ command: "doctor.watch", marker })
  assert.ok(seenBy(watch))
  assert.equal(seenBy(watch), null)
  assert.equal(watch.isOn, false)
  watch.answer({ command: "doctor.watch", marker })
  pass(59)
  assert.equal(watch.isOn, true)
  pass(1)
  assert.equal(watch.isOn, false)
  assert.equal(seenBy(watch), null)
  const markers = Array.from({ length: 9 }, (_, at) => `${at}`.repeat(22))
  for (const one of markers) watch.answer({ command: "doctor.watch", marker: one })
  assert.equal(seenBy(watch, markers[0]), null)
  assert.ok(seenBy(watch, markers[1]))
})

test("RequestWatch holds a bounded number of requests and bytes", () => {
  const { watch } = startedWatch()
  watch.answer({ command: "doctor.watch", marker })
  for (let id = 0; id < 400; id += 1) watch.arrived(arrivedRequest(`a-${id}`, `/${marker}`))
  assert.equal(seenBy(watch).requests.length, 250)
  watch.answer({ command: "doctor.watch", marker })
  const long = ["Cookie", "c".repeat(30_000)]
  for (let id = 0; id < 200; id += 1) watch.arrived(arrivedRequest(`a-${id}`, `/${marker}`, long))
  const { requests } = seenBy(watch)
  assert.ok(requests.length > 10 && requests.length * 30_000 < 2_200_000, `${requests.length}`)
})

test("RequestWatch gives a cookie and a large head to a marked request that asks, and to no other", async () => {
  const { watch } = startedWatch()
  watch.answer({ command: "doctor.watch", marker })
  const handle = (id: string, header?: string) =>
    watch.handle(readRequest(id, header), async () => ({ ...reply, cookies: ["own=1"] }))
  watch.arrived(arrivedRequest("a-1", `/me?doctor=${marker}`))
  const wishes = `${marker}-1; cookie; padding=6000`
  const given = await handle("a-1", wishes)
  assert.equal(given.headers["X-Postern-Doctor-Padding" as "Cache-Control"]?.length, 6000)
  assert.deepEqual(given.cookies, [
    "own=1",
    `${markerCookie}=${marker}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax`,
  ])
  const most = await handle("a-1", `${marker}-1; padding=99999`)
  assert.equal(most.headers["X-Postern-Doctor-Padding" as "Cache-Control"]?.length, 8192)
  // Not noted, or not marked by the header.
  for (const [id, header] of [
    ["a-2", wishes],
    ["a-1", "n".repeat(22)],
    ["a-1", `x${wishes}`],
  ] as const) {
    assert.deepEqual(await handle(id, header), { ...reply, cookies: ["own=1"] })
  }
})

test("RequestWatch notes why the server refused requests, by peer", () => {
  const { watch } = startedWatch()
  const collected = createCollectedLog()
  const log = watch.listenTo(collected.log)
  const fields = { client: "10.0.0.2", reason: "tls", status: 400 }
  log.info("request.refused", fields)
  watch.answer({ command: "doctor.watch", marker })
  log.info("request.refused", fields)
  log.info("request.refused", fields)
  log.info("service.ready", { url: "http://[::1]:8080" })
  assert.deepEqual(seenBy(watch).refusals, [{ reason: "tls", client: "10.0.0.2" }])
})
