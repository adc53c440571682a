// A service whose database falls silent, in every way: it says 503 within a second and then at
// once, keeps no requests and no connections, comes back by itself, and can be stopped.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { crowdOf } from "../races/tally.ts"
import { type DatabaseProxy, startProxy } from "../support/database_proxy.ts"
import { call } from "../support/http_client.ts"
import { readNumbers } from "../support/metrics_service.ts"
import { type RunningPostern, spawnPostern, startPostern } from "../support/postern_process.ts"
import { postgresForTests } from "../support/postgres_server.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const { skip, host } = await postgresForTests()
const password = "heftklammer-und-mehr"
/** A wait on the database, and what a busy machine adds. */
const waitMillisMax = 1_000 + 600
const atOnceMillisMax = 300
const floodSize = crowdOf({ few: 500, many: 5_000 })
const floodBytesMax = 60 * 1024 * 1024

const ways: readonly (readonly [how: string, begin: (proxy: DatabaseProxy) => void])[] = [
  ["both ways", (proxy) => proxy.silence(true)],
  // The shortest answer, that of /readyz, has 20 bytes.
  ["in the middle of an answer", (proxy) => proxy.silenceAfter(10)],
  ["by a byte now and then", (proxy) => proxy.trickle(true)],
  ["to the database", (proxy) => proxy.silence(true, "to the database")],
  ["to the client", (proxy) => proxy.silence(true, "to the client")],
]

interface Scene {
  readonly proxy: DatabaseProxy
  readonly service: RunningPostern
  readonly access: string
  readonly refresh: string
}

function settingsOf(t: TestContext, { port }: DatabaseProxy) {
  return {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_STORE: `postgres://postern@127.0.0.1:${port}/postgres`,
    POSTERN_STORE_SECRET: "3Jq0bT5yVd8sLkX1mZ7nRw2cFhG9aUeP6oIiYtKxQvE=",
    POSTERN_ISSUER: "http://localhost:8080",
    POSTERN_SEED_USERS: `ada:${password}`,
  }
}

/** A service with somebody logged in, whose database is behind a proxy. */
async function setScene(t: TestContext, settings: Record<string, string> = {}): Promise<Scene> {
  const proxy = await startProxy(t, host)
  const service = await startPostern(t, { ...settingsOf(t, proxy), ...settings })
  const { status, body } = await call(service.url, "POST", "/login", {
    json: { username: "ada", password },
  })
  assert.equal(status, 200)
  const [access, refresh] = [String(body["access_token"]), String(body["refresh_token"])]
  for (const _ of ["read", "validated"]) {
    assert.equal((await look({ service, access })).status, 200)
  }
  return { proxy, service, access, refresh }
}

function look({ service, access }: Pick<Scene, "service" | "access">) {
  return timed(() => call(service.url, "GET", "/protected", { token: access }))
}

async function timed(send: () => ReturnType<typeof call>) {
  const began = performance.now()
  const { status, headers } = await send()
  const millis = performance.now() - began
  if (status === 503) assert.match(headers.get("retry-after") ?? "", /^\d+$/)
  return { status, millis }
}

function end(proxy: DatabaseProxy): void {
  proxy.silence(false)
  proxy.trickle(false)
}

async function untilBack(scene: Scene): Promise<void> {
  const until = performance.now() + 10_000
  while ((await look(scene)).status !== 200) {
    assert.ok(performance.now() < until, "The service did not come back")
    await wait(50)
  }
}

/** Memory of the process, in bytes. */
function residentBytes({ service }: Scene): number {
  const text = readFileSync(`/proc/${service.process.pid}/status`, "utf8")
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1024
}

test("a database that falls silent is answered for with 503, in time, and taken back", {
  skip,
}, async (t) => {
  const scene = await setScene(t)
  const { proxy, service, refresh } = scene
  // All in the long form (test:races).
  for (const [how, begin] of ways.slice(0, crowdOf({ few: 2, many: ways.length }))) {
    begin(proxy)
    const first = await Promise.all([
      ...Array.from({ length: 20 }, () => look(scene)),
      timed(() => call(service.url, "POST", "/refresh", { token: refresh })),
      timed(() => call(service.url, "GET", "/readyz")),
    ])
    for (const { status, millis } of first) {
      assert.equal(status, 503, how)
      assert.ok(millis < waitMillisMax, `${how}: ${millis} ms`)
    }
    const before = proxy.connections()
    for (let round = 0; round < 20; round += 1) {
      const { status, millis } = await look(scene)
      assert.equal(status, 503, how)
      assert.ok(millis < atOnceMillisMax, `${how}, at once: ${millis} ms`)
      await wait(10)
    }
    assert.ok(proxy.connections() - before <= 4, `${how}: many attempts`)
    end(proxy)
    await untilBack(scene)
  }
  assert.doesNotMatch(service.output(), /request\.failed|process\.crashed/)
  assert.equal(await service.stop(), 0)
})

test("a flood while the database is silent takes no memory and no connections", {
  skip,
}, async (t) => {
  const scene = await setScene(t)
  const { proxy } = scene
  const [bytes, connections] = [residentBytes(scene), proxy.connections()]
  proxy.silence(true)
  for (let sent = 0; sent < floodSize; sent += 100) {
    const looks = await Promise.all(Array.from({ length: 100 }, () => look(scene)))
    assert.deepEqual(new Set(looks.map(({ status }) => status)), new Set([503]))
  }
  const grown = residentBytes(scene) - bytes
  assert.ok(grown < floodBytesMax, `${grown} bytes`)
  assert.ok(proxy.connections() - connections < 30, `${proxy.connections()} connections`)
  end(proxy)
  await untilBack(scene)
})

test("with POSTERN_STALENESS tokens are good for as long, and no longer", { skip }, async (t) => {
  const scene = await setScene(t, { POSTERN_STALENESS: "2s" })
  const { proxy, service, refresh } = scene
  assert.equal((await look(scene)).status, 200)
  const began = performance.now()
  proxy.silence(true)
  // What fails meanwhile takes nothing away.
  const failed = await timed(() => call(service.url, "POST", "/refresh", { token: refresh }))
  assert.equal(failed.status, 503)
  let lastGood = 0
  for (let passed = 0; passed < 4_000; passed = performance.now() - began) {
    const { status, millis } = await look(scene)
    if (status === 200) lastGood = performance.now() - began
    else assert.ok(status === 503 && millis < waitMillisMax, `${status} after ${millis} ms`)
    await wait(50)
  }
  assert.ok(lastGood > 1_000 && lastGood < 3_500, `${lastGood} ms`)
  end(proxy)
  await untilBack(scene)
})

test("SIGTERM ends a service whose database is silent", { skip }, async (t) => {
  const scene = await setScene(t)
  const { proxy, service } = scene
  proxy.silence(true)
  const looks = Array.from({ length: 10 }, () => look(scene))
  await wait(100)
  const began = performance.now()
  const code = await service.stop()
  const millis = performance.now() - began
  assert.equal(code, 0)
  assert.ok(millis < 5_000, `${millis} ms`)
  for (const { status } of await Promise.all(looks)) assert.equal(status, 503)
})

test("a service whose database is silent at the start shows that to Prometheus", {
  skip,
}, async (t) => {
  const proxy = await startProxy(t, host)
  proxy.silence(true)
  let output = ""
  const service = spawnPostern(["serve"], {
    ...settingsOf(t, proxy),
    ...{ POSTERN_PORT: "0", POSTERN_METRICS_PORT: "0" },
  })
  t.after(() => service.kill("SIGKILL"))
  service.stdout?.on("data", (chunk) => {
    output += chunk
  })
  const listeners = () => [...output.matchAll(/"event":"metrics\.ready","url":"([^"]*)"/g)]
  const read = async (count: number) => {
    while (listeners().length < count) await wait(20)
    const text = await (await fetch(listeners().at(-1)?.[1] ?? assert.fail())).text()
    const found = ["postern_ready", "postern_database_available", "postern_users"]
    const numbers = readNumbers(text)
    return found.map((name) => numbers[name])
  }
  assert.deepEqual(await read(1), [0, 0, undefined])
  assert.doesNotMatch(output, /"service\.ready"/)
  proxy.silence(false)
  const url = await waitForReady(() => output)
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  assert.deepEqual(await read(2), [1, 1, 1])
})

async function waitForReady(output: () => string): Promise<string> {
  for (;;) {
    const url = /"event":"service\.ready","url":"([^"]*)"/.exec(output())?.[1]
    if (url !== undefined) return url
    await wait(20)
  }
}
