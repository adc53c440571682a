import assert from "node:assert/strict"
import { existsSync } from "node:fs"
import { type TestContext, test } from "node:test"
import { sessionsFor } from "../../bench/engine_cases.ts"
import { engineKinds } from "../../bench/engine_kinds.ts"
import { createDatabases } from "../../bench/filled_databases.ts"
import { type Fixture, makeFixture, userCount, usernameOf } from "../../bench/fixture.ts"
import { findPostgres, postgresMissing, startPostgres } from "../../bench/postgres_cluster.ts"
import { openDatabaseStore } from "../../src/store/postgres/open_database_store.ts"

const skip = findPostgres() === null && postgresMissing
const database = { url: "postgres://somebody@host/copy", secret: "a secret" }

test("engineKinds() has two replicas only where there are two connections", async (t) => {
  const fixture = await fixtureOf(t)
  const names = async (connections: number) =>
    (await engineKinds(partsOf(fixture), connections)).map(({ name }) => name)
  const ofOne = ["JSON", "JSON, once more", "PostgreSQL, strict", "PostgreSQL, bounded by 1 s"]
  assert.deepEqual(await names(1), ofOne)
  assert.deepEqual(await names(2), [...ofOne, "PostgreSQL, strict, two replicas"])
})

test("engineKinds() gives each engine a store of its own", async (t) => {
  const fixture = await fixtureOf(t)
  const copies: string[] = []
  const copyDatabase = async (name: string) => {
    copies.push(name)
    return { ...database, url: `postgres://somebody@host/${name}` }
  }
  const kinds = await engineKinds({ ...partsOf(fixture), copyDatabase }, 2)
  const found = kinds.map((kind) => kind.environment(1, ""))
  const stores = found.flatMap(({ POSTERN_STORE: store }) => (store === undefined ? [] : [store]))
  assert.deepEqual(
    stores,
    copies.map((name) => `postgres://somebody@host/${name}`),
  )
  assert.equal(new Set(copies).size, 3)
  assert.deepEqual(
    found.map(({ POSTERN_STALENESS: seconds }) => seconds),
    [undefined, undefined, "0", "1", "0"],
  )
  assert.deepEqual(
    kinds.map(({ replicas }) => replicas),
    [undefined, undefined, 1, 1, 2],
  )
})

test("sessionsFor() has a session for each logout of the rounds and the warm-up", () => {
  assert.equal(sessionsFor({ rounds: 1, connections: 1 }), 2 * (1000 + 1 + 2))
})

test("createDatabases() makes copies that the service can use", { skip }, async (t) => {
  const fixture = await fixtureOf(t)
  const cluster = await startPostgres(null)
  try {
    assert.match(cluster.version, /^PostgreSQL \d+/)
    const usedBefore = cluster.processorMicros()
    const copy = await createDatabases(cluster, fixture.records)
    const [first, second] = [await copy("first"), await copy("second")]
    assert.equal(first.url, `postgres://postern@${encodeURIComponent(cluster.host)}/first`)
    assert.equal(second.secret, first.secret)
    await assertFilled(fixture, { host: cluster.host, database: "second", ...second })
    const used = cluster.processorMicros() - usedBefore
    // The work of processes that have ended.
    if (process.platform === "linux") assert.ok(used > 20_000, `${used} µs`)
  } finally {
    await cluster.stop()
  }
  assert.equal(existsSync(cluster.host), false)
})

async function assertFilled(
  { records }: Fixture,
  { host, database, secret }: { host: string; database: string; secret: string },
): Promise<void> {
  const opened = await openDatabaseStore({
    location: {
      ...{ kind: "database", host, port: 5432, user: "postern", password: null },
      ...{ database, isTlsAsked: false, isPooled: false },
    },
    ...{ ca: null, stalenessSeconds: 0, warn: () => assert.fail("A warning"), mayMake: false },
    ...{ place: "here", issuer: "", secret: Buffer.from(secret) },
  })
  const { users, sessions, keys, close } = opened?.store ?? assert.fail("The schema is missing")
  try {
    assert.equal(await users.count(), userCount)
    const [session = assert.fail("No session")] = records.sessions
    const found = await sessions.find(session.sid)
    assert.deepEqual(found?.session, session)
    assert.equal(found?.user.username, usernameOf(0))
    const document = await keys.read()
    assert.deepEqual(Buffer.from(document?.bytes ?? []), records.keyFile("shared"))
  } finally {
    await close()
  }
}

function partsOf(fixture: Fixture) {
  return { fixture, against: [], copyDatabase: async () => database }
}

async function fixtureOf(t: TestContext): Promise<Fixture> {
  const fixture = await makeFixture(3)
  t.after(fixture.remove)
  return fixture
}
