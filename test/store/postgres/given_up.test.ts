// What a change does that Postern has given up: nothing, whenever the database comes to it. And a
// change that waits for a row holds nobody else up.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { monotonicMillis } from "../../../src/clock.ts"
import { Unavailable } from "../../../src/errors.ts"
import type { Store } from "../../../src/store/store.ts"
import { type DatabaseProxy, startProxy } from "../../support/database_proxy.ts"
import { openPlainDatabase } from "../../support/plain_database.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { fill, presented, sampleSession, startOptions, windowAt } from "../sample_session.ts"
import { sampleHash, sampleUser } from "../sample_user.ts"
import { connectStore } from "./connected_store.ts"
import { openedDatabase, until } from "./opened_database.ts"
import { emptySchema } from "./postgres_engine.ts"

const { skip, server, host } = await postgresForTests()
const window = windowAt()

/** Every kind of change, of records that `prepare` makes. */
const changes: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  create: (store) => store.users.create(sampleUser("carol")),
  change: (store) => store.users.change("alice", { addRole: "admin" }),
  reset: (store) => store.users.reset("alice", { passwordHash: sampleHash("B") }, { window }),
  delete: (store) => store.users.delete("bob", window),
  release: (store) => store.users.release("dora"),
  start: (store) => store.sessions.start(sampleSession("s9"), startOptions()),
  rotate: (store) => store.sessions.rotate("s1", presented(0)),
  end: (store) => store.sessions.end("s2", { window }),
  endAll: (store) => store.sessions.endAll("alice", { window }),
  revokeToken: (store) => store.sessions.revokeToken({ jti: "j", expiresAt: 9e9, isListed: true }),
  purge: (store) => store.sessions.purge(9e9),
  count: (store) => store.failures.count("alice", "stranger"),
  uncount: (store) => store.failures.uncount("bob", "stranger"),
  clear: (store) => store.failures.clear("bob"),
  replace: (store) => store.keys.replace(Buffer.from("keys"), { ifVersion: null }),
}

/** Records to change, in an empty schema. */
async function prepare(t: TestContext): Promise<Store> {
  await emptySchema(server ?? assert.fail("There is no PostgreSQL"))
  const { store } = await connectStore(t, { host })
  await fill(store, [
    ...["s1", "s2"].map((sid) => sampleSession(sid)),
    ...[sampleSession("b1", { username: "bob" }), sampleSession("d1", { username: "dora" })],
  ])
  await store.users.delete("dora", window)
  await store.failures.count("bob", "stranger")
  return store
}

/** All that a change can have changed. */
async function contents(): Promise<unknown> {
  const database = await openPlainDatabase(host)
  const tables = ["users", "reserved_names", "sessions", "ended_sessions", "revoked_tokens"]
  const all = [...tables, "failed_logins", "decoy_failed_logins", "key_set"]
  const found = await Promise.all(
    all.map((name) =>
      database.query(`select coalesce(json_agg(t order by t::text), '[]') as rows
      from postern.${name} t`),
    ),
  )
  await database.close()
  return found
}

/** Stops the server with all its processes, as a machine that is paused, and lets it go on. */
function freeze(): () => void {
  const pid = Number(readFileSync(join(host, "data/postmaster.pid"), "utf8").split("\n")[0])
  const signal = (one: number, name: NodeJS.Signals) => {
    try {
      process.kill(one, name)
    } catch {
      // A process that has just ended.
    }
  }
  signal(pid, "SIGSTOP")
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")
  const all = [...children.map(Number), pid]
  for (const one of all) signal(one, "SIGSTOP")
  return () => {
    for (const one of all) signal(one, "SIGCONT")
  }
}

test("each change would change something", { skip }, async (t) => {
  for (const [name, change] of Object.entries(changes)) {
    const store = await prepare(t)
    const before = await contents()
    await change(store)
    assert.notDeepEqual(await contents(), before, name)
    await store.close()
  }
})

const ways: readonly (readonly [how: string, hold: (proxy: DatabaseProxy) => () => void])[] = [
  ["a database that stood still", freeze],
  [
    "a network that delivers late",
    (proxy) => {
      proxy.hold(true)
      return () => proxy.hold(false)
    },
  ],
]

for (const [how, hold] of ways) {
  test(`no change that was given up happens later, with ${how}`, { skip }, async (t) => {
    await prepare(t)
    const proxy = await startProxy(t, host)
    const connected = await Promise.all(
      Object.entries(changes).map(async ([name, change]) => {
        const { store, warnings } = await connectStore(t, { port: proxy.port })
        // A connection for changes is open, so that the change is sent at once.
        await store.users.release("nobody")
        return { name, store, warnings, change }
      }),
    )
    const before = await contents()
    const goOn = hold(proxy)
    t.after(goOn)
    await Promise.all(
      connected.map(({ name, store, change }) => assert.rejects(change(store), Unavailable, name)),
    )
    goOn()
    for (const { warnings } of connected) {
      await until(() => warnings.some((line) => line.startsWith("store.available")))
    }
    assert.deepEqual(await contents(), before)
  })
}

test("changes that wait for one user's row do not delay other requests", { skip }, async (t) => {
  await prepare(t)
  const { store, warnings } = await connectStore(t, { host })
  const holder = await openPlainDatabase(host)
  t.after(() => holder.close())
  await holder.query("begin")
  await holder.query("select from postern.users where username = 'alice' for update")
  let [slowest, isOver] = [0, false]
  const asking = (async () => {
    while (!isOver) {
      const began = monotonicMillis()
      assert.notEqual(await store.users.find("bob"), null)
      slowest = Math.max(slowest, monotonicMillis() - began)
      await pause(2)
    }
  })()
  const began = monotonicMillis()
  const logins = Array.from({ length: 40 }, (_, index) =>
    assert.rejects(
      store.sessions.start(sampleSession(`n${index}`), startOptions()),
      (error) => error instanceof Unavailable && monotonicMillis() - began < 2_500,
    ),
  )
  await Promise.all(logins)
  await holder.query("commit")
  await pause(100)
  isOver = true
  await asking
  assert.ok(slowest < 400, `${slowest} ms`)
  assert.deepEqual(warnings, [], "the database was there all the time")
  assert.deepEqual((await store.sessions.list("alice")).map(({ sid }) => sid).sort(), ["s1", "s2"])
  assert.notEqual(await store.sessions.start(sampleSession("n"), startOptions()), null)
})

test("a connection whose reading of the database's clock is old is replaced", {
  skip,
}, async (t) => {
  await emptySchema(server ?? assert.fail("There is no PostgreSQL"))
  const { database, warnings } = await openedDatabase(t, { host })
  const pids: unknown[] = []
  // For one connection the database's clock goes ahead, as if it had been set.
  for (const lateSeconds of [0, 3600, 0]) {
    const text = `select pg_backend_pid() as pid
      where 1 / (extract(epoch from clock_timestamp())::float8
        + case when pg_backend_pid() = $1 then $2::float8 else 0 end < $3::float8)::integer = 1`
    const [row] = await database.change<{ pid: number }>(text, [pids[0] ?? 0, lateSeconds])
    pids.push(row?.pid)
  }
  assert.notEqual(pids[1], pids[0])
  assert.equal(pids[2], pids[1])
  assert.equal(warnings.filter((line) => !line.startsWith("store.settings")).length, 0)
})
