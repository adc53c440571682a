// What a service tells of itself.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Config } from "../../src/config/load.ts"
import { Unavailable } from "../../src/errors.ts"
import { createServiceStatus, type StatusSources } from "../../src/startup/service_status.ts"
import { createTestService } from "../support/test_service.ts"

const config = {
  ...{ keyRotationSeconds: 86_400, notices: ["a notice"], database: null },
  ...{ seedUsers: [{ username: "alice", password: "x" }], auditFile: "/data/audit.jsonl" },
} as unknown as Config

const around: Pick<StatusSources, "config" | "isReady" | "listensAt" | "losses" | "proxies"> = {
  config,
  isReady: async () => true,
  listensAt: () => "http://127.0.0.1:8080",
  losses: () => ({ audit: 3, access: 9 }),
  proxies: () => [],
}

test("createServiceStatus() gives versions, counts, keys and waiting clients", async (t) => {
  const service = await createTestService(t, { generated: true })
  const read = createServiceStatus({ ...service, ...around })
  const startedAt = service.clock.now()
  for (const [name, expires] of [
    ["later", "13d"],
    ["good", "15d"],
    ["soon", "1h"],
  ] as const) {
    await service.serviceTokens.create({ name, roles: "", expires })
  }
  await service.logIn("alice", "wonderland")
  for (let times = 0; times < 6; times += 1) {
    await service.call("POST", "/login", { json: { username: "bob", password: "wrong" } })
    service.clock.advance(1)
  }
  for (let times = 0; times < 70; times += 1) await service.store.failures.count("bob", "stranger")
  const { keys, journal, ...rest } = await read()
  assert.deepEqual(rest, {
    ...{ version: "0.1.0", startedAt, now: service.clock.now(), isReady: true },
    listensAt: "http://127.0.0.1:8080",
    content: {
      ...{ users: 2, sessions: 1, lockedUsers: 1, serviceTokens: 3 },
      expiringTokens: [
        { name: "soon", expiresAt: startedAt + 3600 },
        { name: "later", expiresAt: startedAt + 13 * 86_400 },
      ],
    },
    waiting: { clients: 0, atAccounts: 1 },
    ...{
      rotationSeconds: 86_400,
      failedChanges: 0,
      lostFactorSecrets: 0,
      lostAuditLines: 3,
      proxies: [],
    },
    ...{ notices: ["a notice"], seedUsers: 1, hasPreviousStoreSecret: false },
    auditFile: "/data/audit.jsonl",
  })
  const [key, ...others] = keys
  assert.deepEqual([key?.alg, key?.state, key?.publishedAt], ["ES256", "signing", startedAt])
  assert.deepEqual(others, [], "and not those of refresh tokens and cookies")
  assert.ok(Number.isInteger(journal?.snapshotAt))
  assert.equal(journal?.snapshotFailures, 0)
  assert.ok((journal?.entriesSinceSnapshot ?? 0) > 70)
})

test("createServiceStatus() counts clients that have to wait", async (t) => {
  const service = await createTestService(t)
  const read = createServiceStatus({ ...service, ...around, losses: () => ({}) })
  for (let times = 0; times < 110; times += 1) {
    const json = { username: `nobody-${times}`, password: "wrong" }
    await service.call("POST", "/login", { json, address: "192.0.2.7" })
  }
  const { waiting, lostAuditLines } = await read()
  assert.deepEqual([waiting, lostAuditLines], [{ clients: 1, atAccounts: 0 }, 0])
})

test("createServiceStatus() answers without the content while the store is unavailable", async (t) => {
  const service = await createTestService(t)
  const database = { previousSecret: Buffer.alloc(32) }
  const isReady = async () => {
    throw new Unavailable("The database does not answer")
  }
  const read = createServiceStatus({
    ...{ ...service, ...around, isReady },
    config: { ...config, database } as unknown as Config,
    store: {
      ...service.store,
      users: { count: isReady },
      figures: () => ({ changes: { failed: 2 }, journal: null }),
    } as never,
  })
  const { isReady: ready, content, journal, failedChanges, hasPreviousStoreSecret } = await read()
  assert.deepEqual([ready, content, journal], [false, null, null])
  assert.deepEqual([failedChanges, hasPreviousStoreSecret], [2, true])
})

test("createServiceStatus() hides no bug", async (t) => {
  const service = await createTestService(t)
  const isReady = async () => {
    throw new TypeError("a bug")
  }
  await assert.rejects(createServiceStatus({ ...service, ...around, isReady })(), TypeError)
})
