// Logins and changes with second factors, and after that a search for whatever was secret in them:
// in each reply beside where it belongs, in each log line, and in each file of the store.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type PreparedService, prepareService, sendScenario } from "../support/api_scenario.ts"
import { createFaultyDisk, type Files } from "../support/faulty_disk.ts"
import { appWith, fromBase32 } from "../support/second_factor.ts"
import type { Exchange, TestService } from "../support/test_service.ts"
import { alice, bob, enrolAlice, logInWith, sendCode, ticketOf } from "./mfa_calls.ts"
import { mfaEnrolmentRows } from "./mfa_enrolment_rows.ts"
import { mfaLoginRows } from "./mfa_login_rows.ts"

const tokens = ["access_token", "refresh_token", "device_token", "trust_token"]
const all = [...tokens, "mfa_token", "secret", "uri", "recovery_codes", "code"]

/** The secrets that a reply is there to give, by path and status. */
const given: Readonly<Record<string, readonly string[]>> = {
  "/login 200": tokens,
  "/login 401": ["mfa_token"],
  "/login/code 200": tokens,
  "/refresh 200": tokens,
  "/password 200": tokens,
  "/mfa/totp 200": ["secret", "uri"],
  "/mfa/totp/confirm 200": [...tokens, "recovery_codes"],
  "/mfa/recovery 200": ["recovery_codes"],
}

type Members = Readonly<Record<string, unknown>>

/** Each way in which a text of a member can be written down. */
function spellings(name: string, text: string): readonly string[] {
  switch (name) {
    case "secret":
      return [text, text.toLowerCase(), ...formsOf(fromBase32(text))]
    case "recovery_codes":
      return [text, text.replaceAll("-", ""), text.slice(2), text.slice(2).replaceAll("-", "")]
    case "refresh_token":
      return [text, text.slice(34)]
    case "device_token":
    case "trust_token":
      return [text, text.slice(26)]
    case "code":
      return text.length > 6 ? [text] : []
    default:
      return [text, ...text.split(".").slice(-1)]
  }
}

function formsOf(bytes: Uint8Array): readonly string[] {
  return (["base64", "base64url", "hex", "latin1"] as const).map((form) =>
    Buffer.from(bytes).toString(form),
  )
}

function secretsIn(members: Members): readonly string[] {
  return all.flatMap((name) => {
    const value = members[name]
    const texts = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === "string")
    return texts.flatMap((text) => spellings(name, text)).filter((text) => text.length >= 16)
  })
}

function readExchange({ path, options, reply }: Exchange) {
  const body = reply.body === "" ? {} : JSON.parse(reply.body)
  const secrets = [options.json ?? {}, body].flatMap((one) => secretsIn(one as Members))
  for (const name of given[`${path} ${reply.status}`] ?? []) delete body[name]
  return { secrets, text: `${path}: ${JSON.stringify({ ...reply, body })}` }
}

/** Codes of six digits that were sent: no log line has one as a word. */
function codesOf({ exchanges }: TestService): readonly string[] {
  const codes = exchanges.map(({ options }) => (options.json as Members | undefined)?.["code"])
  return codes.filter((code) => typeof code === "string" && /^\d{6}$/.test(code)) as string[]
}

function search({ service }: Pick<PreparedService, "service">, files: Files): number {
  const read = service.exchanges.map(readExchange)
  const { cookieKey, factorKey, refreshKey } = service.keys
  const keys = [cookieKey, factorKey, refreshKey].flatMap((key) => formsOf(key()).slice(0, 3))
  const secrets = [...new Set(read.flatMap((one) => one.secrets))]
  const logged = service.log.lines.join("")
  const texts = [...read.map(({ text }) => text), logged]
  for (const secret of [...secrets, ...keys, "$argon2"]) {
    for (const text of texts) assert.ok(!text.includes(secret), `'${secret}' is in: ${text}`)
  }
  for (const code of codesOf(service)) {
    assert.doesNotMatch(logged, new RegExp(`(?<!\\w)${code}(?!\\w)`))
  }
  for (const [name, bytes] of files) {
    const text = bytes.toString("latin1")
    const absent = name === "keys.json" ? secrets : [...secrets, ...keys]
    for (const secret of absent) assert.ok(!text.includes(secret), `'${secret}' is in ${name}`)
  }
  return secrets.length
}

for (const row of [...mfaLoginRows, ...mfaEnrolmentRows]) {
  test(`no reply, log line or file holds a secret when ${row.name}`, async (t) => {
    const disk = createFaultyDisk()
    const prepared = await prepareService(t, { ...row.options, disk })
    await row.prepare?.(prepared)
    await sendScenario(row, prepared)
    assert.ok(search(prepared, disk.files) > 4)
  })
}

test("no reply, log line or file holds a secret of a whole life with second factors", async (t) => {
  const disk = createFaultyDisk()
  const requirement = { kind: "role", role: "admin" } as const
  const options = { disk, requirement, trustSeconds: 86_400 }
  const prepared = await prepareService(t, options)
  const { service } = prepared
  const app = await enrolAlice(prepared)
  const json = { ...alice, code: app.code(), trust_device: true }
  const login = await service.call("POST", "/login", { json })
  const { access_token: token, trust_token: trustToken } = JSON.parse(login.body)
  await service.call("POST", "/login", { json: { ...alice, trust_token: trustToken } })
  for (const code of [app.wrongCode(), app.code(), "7-AAAA-BBBB-CCCC-DDDD"]) {
    await sendCode(service, [await ticketOf(service), code])
  }
  await logInWith(service, app.recoveryCodes[0] ?? "")
  await service.call("POST", "/login/code", { token, json: { code: app.nextCode() } })
  const { access_token: next } = await logInWith(service, app.nextCode())
  await service.call("POST", "/mfa/recovery", { token: next })
  await service.accounts.addRole("bob", "admin")
  const ticket = await ticketOf(service, bob)
  const offered = await service.call("POST", "/mfa/totp", { json: { mfa_token: ticket } })
  const bobs = appWith(JSON.parse(offered.body).secret, service)
  await service.call("POST", "/mfa/totp/confirm", {
    json: { mfa_token: ticket, code: bobs.code() },
  })
  const { totp } = JSON.parse((await service.call("GET", "/mfa", { token: next })).body)
  await service.call("DELETE", `/mfa/${totp.id}`, { token: next })
  assert.ok(search(prepared, disk.files) > 80)
})
