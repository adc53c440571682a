// Every row of the API suite, and after that a search for whatever was secret in it: in each reply,
// each log line, and each file of the store.

import assert from "node:assert/strict"
import { test } from "node:test"
import { listRevocations } from "../store/session_calls.ts"
import {
  type PreparedService,
  prepareService,
  type Scenario,
  sendScenario,
} from "../support/api_scenario.ts"
import { createFaultyDisk, type Files } from "../support/faulty_disk.ts"
import { testKeyPem, testSecret } from "../support/test_keys.ts"
import type { Exchange } from "../support/test_service.ts"
import { deviceTokenRows } from "./device_token_rows.ts"
import { flaskRows } from "./flask_rows.ts"
import { loginBodyRows } from "./login_body_rows.ts"
import { loginRows, typedPasswords } from "./login_rows.ts"
import { logoutBesideRows } from "./logout_beside_rows.ts"
import { logoutRows } from "./logout_rows.ts"
import { changedPasswords, passwordRows } from "./password_rows.ts"
import { publicRows } from "./public_rows.ts"
import { refreshBesideRows } from "./refresh_beside_rows.ts"
import { refreshRows } from "./refresh_rows.ts"
import { registeredPasswords, registerRows } from "./register_rows.ts"
import { revocationRows, sessionRows } from "./session_rows.ts"
import { newPassword, tokenRows } from "./token_rows.ts"

const rows = [
  ...[...loginRows, ...loginBodyRows, ...tokenRows, ...publicRows, ...refreshRows, ...logoutRows],
  ...[...passwordRows, ...sessionRows, ...revocationRows, ...flaskRows],
  ...[...registerRows, ...deviceTokenRows, ...refreshBesideRows, ...logoutBesideRows],
]
// Those that change the service, or need another, each need one of their own.
const isChanging = ({ name, status, prepare, options }: Scenario) =>
  prepare !== undefined ||
  options !== undefined ||
  (name.startsWith("POST /password ") && status === 200)
const [changing, plain] = [rows.filter(isChanging), rows.filter((row) => !isChanging(row))]

const passwords = [
  ...[...Object.values(typedPasswords), ...Object.values(changedPasswords), newPassword],
  ...Object.values(registeredPasswords),
  "YWxpY2U6d29uZGVybGFuZA==",
]
const tokenPaths = ["/login", "/refresh", "/password"]

/** What is worth anything starts here; before it are a refresh token's sid, a device's name. */
const secretAt: Readonly<Record<string, number>> = { ptr_: 34, ptd_: 26 }

/** The parts of a token that are worth anything. */
function secretsOf(token: unknown): readonly string[] {
  if (typeof token !== "string") return []
  const start = secretAt[token.slice(0, 4)]
  const parts = start === undefined ? token.split(".").slice(1) : [token.slice(start)]
  return parts.filter((part) => part.length >= 26)
}

/** All tokens of an exchange, and its reply without those that belong there. */
function readExchange({ path, options, reply }: Exchange) {
  const body = reply.body === "" ? {} : JSON.parse(reply.body)
  const sent = (options.json ?? {}) as Readonly<Record<string, unknown>>
  const members = ["access_token", "refresh_token", "device_token"] as const
  const inBodies = members.flatMap((name) => [sent[name], body[name]])
  const tokens = [options.token, ...inBodies].flatMap(secretsOf)
  if (reply.status === 200 && tokenPaths.includes(path)) {
    for (const name of members) delete body[name]
  }
  return { tokens, text: `${path}: ${JSON.stringify({ ...reply, body })}` }
}

/** Fails when a reply, a log line or a file of the store holds anything secret. */
function search({ service }: PreparedService, files: Files): void {
  const read = service.exchanges.map(readExchange)
  const given = [...passwords, ...new Set(read.flatMap(({ tokens }) => tokens))]
  const refreshKey = Buffer.from(service.keys.refreshKey())
  const keys = [
    ...[...testKeyPem.split("\n").filter((line) => /^[\w+/=]+$/.test(line)), testSecret],
    ...(["base64", "base64url", "hex"] as const).map((form) => refreshKey.toString(form)),
  ]
  const texts = [...read.map(({ text }) => text), ...service.log.lines]
  const stored = [...files].map(([name, bytes]) => ({ name, text: bytes.toString("latin1") }))
  assert.ok(given.length >= passwords.length + 3 && stored.length >= 3)
  for (const secret of [...given, ...keys, "$argon2"]) {
    assert.ok(secret.length > 6)
    for (const text of texts) assert.ok(!text.includes(secret), `'${secret}' is in: ${text}`)
  }
  for (const { name, text } of stored) {
    // keys.json is where the keys are, and the only such place.
    const absent = name === "keys.json" ? given : [...given, ...keys]
    for (const secret of absent) assert.ok(!text.includes(secret), `'${secret}' is in ${name}`)
  }
}

test("no reply, log line or file of the API suite holds a password, token or key", async (t) => {
  assert.ok(plain.length > 250)
  const disk = createFaultyDisk()
  const prepared = await prepareService(t, { disk })
  for (const row of plain) {
    // A session for each, since some end theirs; in the time in which so many may log in.
    prepared.service.clock.advance(2)
    const tokens = await prepared.service.start("alice", "wonderland")
    await sendScenario(row, { ...prepared, tokens, token: tokens.access_token })
  }
  search(prepared, disk.files)
})

for (const row of changing) {
  test(`no reply, log line or file holds a secret when ${row.name}`, async (t) => {
    const disk = createFaultyDisk()
    const prepared = await prepareService(t, { ...row.options, disk })
    await row.prepare?.(prepared)
    await sendScenario(row, prepared)
    search(prepared, disk.files)
  })
}

test("GET, HEAD and OPTIONS of every row leave the store as it is", async (t) => {
  const prepared = await prepareService(t)
  const { store } = prepared.service
  const state = async () => ({
    users: await store.users.list(),
    sessions: await store.sessions.list("alice"),
    revocations: await listRevocations(store, prepared.service.clock.now()),
  })
  const before = await state()
  for (const row of plain) {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      const asked: Scenario = { ...row, name: row.name.replace(/^\S+/, method) }
      await sendScenario(asked, prepared)
    }
  }
  assert.deepEqual(await state(), before)
})
