// Every row of the API suite, and after that a search for whatever was secret in it.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type PreparedService, prepareService, sendScenario } from "../support/api_scenario.ts"
import { testKeyPem } from "../support/test_keys.ts"
import { loginRows, typedPasswords } from "./login_rows.ts"
import { publicRows } from "./public_rows.ts"
import { newPassword, tokenRows } from "./token_rows.ts"

const rows = [...loginRows, ...tokenRows, ...publicRows]
// Those that change the service each need one of their own.
const [changing, plain] = [
  rows.filter((row) => row.prepare !== undefined),
  rows.filter((row) => row.prepare === undefined),
]

/** Runs rows on one service and fails when a reply or a log line holds anything secret. */
async function searchRows(prepared: PreparedService, searched: typeof rows): Promise<void> {
  const { service, token } = prepared
  const issued = new Set([token])
  const texts: string[] = []
  for (const row of searched) {
    await row.prepare?.(prepared)
    const reply = await sendScenario(row, prepared)
    const body = reply.body === "" ? {} : JSON.parse(reply.body)
    // The one place where a token belongs.
    if (row.name.startsWith("POST /login ") && reply.status === 200) {
      issued.add(body.access_token)
      delete body.access_token
    }
    texts.push(`${row.name}: ${JSON.stringify({ ...reply, body })}`)
  }
  const keyLines = testKeyPem.split("\n").filter((line) => /^[\w+/=]+$/.test(line))
  const secrets = [
    ...Object.values(typedPasswords),
    newPassword,
    "$argon2",
    ...[...issued].flatMap((one) => one.split(".").slice(1)),
    ...keyLines,
    "YWxpY2U6d29uZGVybGFuZA==",
  ]
  assert.ok(secrets.length >= 12 && secrets.every((secret) => secret.length > 6))
  assert.ok(service.log.lines.length > searched.length)
  for (const text of [...texts, ...service.log.lines]) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `'${secret}' is in: ${text}`)
  }
}

test("no reply and no log line of the API suite holds a password, token, hash, key", async (t) => {
  assert.ok(plain.length > 100)
  await searchRows(await prepareService(t), plain)
})

for (const row of changing) {
  test(`no reply and no log line holds a secret when ${row.name}`, async (t) => {
    await searchRows(await prepareService(t), [row])
  })
}

test("GET, HEAD and OPTIONS of every row leave the store as it is", async (t) => {
  const prepared = await prepareService(t)
  const before = await prepared.service.store.listUsers()
  for (const row of plain) {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      await sendScenario({ ...row, name: row.name.replace(/^\S+/, method) }, prepared)
    }
  }
  assert.deepEqual(await prepared.service.store.listUsers(), before)
})
