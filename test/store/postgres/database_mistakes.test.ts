// Mistakes of the operator stop the start with a sentence and a hint, at once. None of them tells
// the password.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { inspect } from "node:util"
import { exitCodes, OperatorError } from "../../../src/errors.ts"
import type { DatabaseLocation } from "../../../src/store/store_location.ts"
import { startProxy } from "../../support/database_proxy.ts"
import { postgresForTests } from "../../support/postgres_server.ts"
import { authorityPem } from "../../vectors/database_certificate.ts"
import { openedDatabase } from "./opened_database.ts"

const { skip, host } = await postgresForTests()
const place = `database 'postgres' at the socket in '${host}'`

test("a wrong password, a missing one and a role without access stop the start", {
  skip,
}, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  await admin.query("create role app login password 'right'")
  const file = join(host, "data/pg_hba.conf")
  const before = readFileSync(file, "utf8")
  writeFileSync(file, `local all app scram-sha-256\nlocal all mallory reject\n${before}`)
  await admin.query("select pg_reload_conf()")
  const { database } = await openedUntil(t, { host, user: "app", password: "right" })
  assert.deepEqual(await database.query("select current_user::text as who"), [{ who: "app" }])
  await stops(t, { host, user: "app", password: "canary" }, [
    `The ${place} refuses the password of 'app'`,
    "Check user and password in POSTERN_STORE. Characters such as @ / : ? # are written as %40 %2F %3A %3F %23.",
  ])
  await stops(t, { host, user: "app", password: null }, [
    `The ${place} asks for a password, and POSTERN_STORE has none`,
    "Put it into POSTERN_STORE: postgres://USER:PASSWORD@HOST/DATABASE.",
  ])
  await stops(t, { host, user: "mallory", password: "canary" }, [
    `The ${place} does not let 'mallory' in: pg_hba.conf rejects connection for host "[local]", user "mallory", database "postgres", no encryption`,
    "Check user and database in POSTERN_STORE, and the server's pg_hba.conf.",
  ])
  await stops(t, { host, user: "nobody", password: "canary" }, [
    `The ${place} does not let 'nobody' in: role "nobody" does not exist`,
    "Check user and database in POSTERN_STORE, and the server's pg_hba.conf.",
  ])
})

test("a missing database, and one that the user may not use, stop the start", {
  skip,
}, async (t) => {
  await stops(t, { host, database: "missing" }, [
    `There is no database 'missing' at the socket in '${host}'`,
    "Make it: createdb --owner=postern missing. Or check POSTERN_STORE.",
  ])
  const { database: admin } = await openedDatabase(t, { host })
  await admin.query("create role guest login")
  await admin.query("create database private").catch(() => {})
  await admin.query("revoke connect on database private from public")
  await stops(t, { host, user: "guest", database: "private" }, [
    `'guest' may not use the database 'private' at the socket in '${host}': permission denied for database "private"`,
    "Give the right: grant connect on database private to guest.",
  ])
})

test("a schema of another owner stops the start", { skip }, async (t) => {
  const { database: admin } = await openedDatabase(t, { host })
  await admin.query("create role stranger login")
  await admin.query("create role ours login")
  await admin.query("create schema postern authorization stranger")
  t.after(() => admin.query("drop schema if exists postern cascade").catch(() => {}))
  await stops(t, { host, user: "ours" }, [
    `The schema 'postern' of the ${place} belongs to 'stranger'`,
    "Its owner can change Postern's data. Make it the database's owner, or give the schema to that: alter schema postern owner to ROLE.",
  ])
  await admin.query("alter schema postern owner to ours")
  await openedDatabase(t, { host, user: "ours" })
  // The database's owner is the one who made the cluster.
  await admin.query("alter schema postern owner to postern")
  await openedDatabase(t, { host, user: "ours" })
})

test("a database of another encoding stops the start", { skip }, async (t) => {
  const { database: admin } = await openedDatabase(t, { host }, { waitMillisMax: 20_000 })
  await admin.query("create database latin template template0 encoding 'LATIN1'")
  await stops(t, { host, database: "latin" }, [
    `The database 'latin' at the socket in '${host}' has the encoding LATIN1, not UTF8`,
    "Make one: create database NAME template template0 encoding 'UTF8'.",
  ])
})

test("a server without TLS, or with a certificate that can't be trusted, stops the start", {
  skip,
}, async (t) => {
  const refusing = await startProxy(t, host, { tls: "refused" })
  await stops(t, { port: refusing.port, isTlsAsked: true, password: "canary" }, [
    `The database 'postgres' at 127.0.0.1:${refusing.port} offers no TLS`,
    "Turn TLS on in the server (ssl = on). Without TLS Postern connects only to this machine.",
  ])
  const { port } = await startProxy(t, host, { tls: "terminated" })
  const hint =
    "The certificate must have the host's name in it. Set POSTERN_STORE_CA to the file of the authority that signed it."
  const [unknown, name] = [
    await mistakeOf(t, { port, isTlsAsked: true, password: "canary" }),
    await mistakeOf(t, { host: "localhost", port, isTlsAsked: true }, authorityPem),
  ]
  assert.match(
    unknown.message,
    /^The database 'postgres' at 127\.0\.0\.1:\d+ can't be trusted: unable to verify the first certificate/,
  )
  assert.match(
    name.message,
    /^The database 'postgres' at localhost:\d+ can't be trusted: Hostname\/IP does not match certificate's altnames/,
  )
  assert.deepEqual([unknown.hint, name.hint], [hint, hint])
})

test("a server that can lose data is warned of once", { skip }, async (t) => {
  const { database, warnings } = await openedDatabase(t, { host })
  await Promise.all(Array.from({ length: 20 }, () => database.query("select pg_sleep(0.01)")))
  await database.transaction((query) => query("select 1"))
  assert.deepEqual(warnings, [
    "store.settings fsync is off: a crash of its machine can lose or damage data",
  ])
})

async function stops(
  t: TestContext,
  location: Partial<DatabaseLocation>,
  [message, hint]: readonly [message: string, hint: string],
): Promise<void> {
  const error = await mistakeOf(t, location)
  assert.deepEqual([error.message, error.hint], [message, hint])
}

async function mistakeOf(
  t: TestContext,
  location: Partial<DatabaseLocation>,
  ca: string | null = null,
): Promise<OperatorError> {
  const error = await openedDatabase(t, location, { ca }).then(
    () => assert.fail("It was opened"),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof OperatorError, String(error))
  assert.equal(error.exitCode, exitCodes.badSettings)
  assert.doesNotMatch(inspect(error, { depth: 9 }), /canary/)
  return error
}

/** The server reads pg_hba.conf again a little later. */
async function openedUntil(t: TestContext, location: Partial<DatabaseLocation>) {
  for (let round = 0; ; round += 1) {
    const { database: guest } = await openedDatabase(t, { host })
    const rules = await guest.query("select 1 from pg_hba_file_rules where auth_method = 'reject'")
    if (rules.length > 0 || round > 20) return openedDatabase(t, location)
  }
}
