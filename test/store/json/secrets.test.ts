// What is in the store's files, and what never is: anything from which a token can be made.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { appWith, fromBase32 } from "../../support/second_factor.ts"
import { createTestService, type TestService, type TokenBody } from "../../support/test_service.ts"

const passwords = ["wonderland", "builder", "through the looking-glass"] as const
/** Typed by people who are nobody here, or who mistyped: neither is anybody's to keep. */
const mistyped = ["through-the-looking-glass", "wunderland"] as const
const tagBytes = 20

for (const shared of [false, true]) {
  const profile = shared ? "shared secret" : "published keys"
  test(`the store's files have no token, key or password, after a life of all kinds: ${profile}`, async (t) => {
    const service = await createTestService(t, shared ? { shared } : { generated: true })
    const given = await liveThroughAll(service)
    const text = storeText(service.directory)
    for (const { sid } of given.map(({ refresh_token }) => partsOf(refresh_token))) {
      assert.ok(text.includes(sid), "the sid is there: the right files are looked into")
    }
    const secrets: Buffer[] = [Buffer.from(service.keys.refreshKey())]
    for (const { refresh_token, device_token = "" } of given) {
      secrets.push(partsOf(refresh_token).tag)
      const device = Buffer.from(device_token.slice("ptd_".length), "base64url")
      if (device_token !== "")
        secrets.push(device.subarray(6, -tagBytes), device.subarray(-tagBytes))
    }
    const forms = secrets.flatMap((secret) =>
      (["base64url", "base64", "hex"] as const).map((encoding) => secret.toString(encoding)),
    )
    const tokens = given.flatMap(({ access_token, refresh_token }) => [
      ...access_token.split("."),
      refresh_token,
      ...["ptr_", "ptd_"],
    ])
    assert.ok(given.filter(({ device_token }) => device_token !== undefined).length > 3)
    assert.match(text, /"failedLogins","alice",\{"username":"alice","strangers":1,"devices":0\}/)
    for (const secret of [...forms, ...tokens, ...passwords, ...mistyped]) {
      assert.ok(!text.includes(secret), `the files have '${secret}'`)
    }
  })
}

test("the store's files have no secret of an app, recovery code, code or ticket", async (t) => {
  const service = await createTestService(t)
  const alice = { username: "alice", password: "wonderland" }
  const token = await service.logIn("alice", "wonderland")
  const offered = JSON.parse((await service.call("POST", "/mfa/totp", { token })).body)
  const waiting = storeText(service.directory)
  assert.match(waiting, /"pendingTotp":\{"id":"[^"]+","sealedSecret":"/)
  const app = appWith(offered.secret, service)
  const [first, next] = [app.code(), app.nextCode()]
  const json = { code: next }
  const { body } = await service.call("POST", "/mfa/totp/confirm", { token, json })
  const codes: readonly string[] = JSON.parse(body).recovery_codes
  const asked = await service.call("POST", "/login", { json: alice })
  const ticket = String(JSON.parse(asked.body).mfa_token)
  for (const code of ["000000", codes[3]]) {
    await service.call("POST", "/login/code", { json: { mfa_token: ticket, code } })
  }
  const text = `${waiting}${storeText(service.directory)}`
  assert.match(text, /"tries":2,"isUsed":true\}/, "the right files are looked into")
  const bytes = fromBase32(offered.secret)
  const secrets = (["base64url", "base64", "hex"] as const).map((one) => bytes.toString(one))
  const shown = [
    offered.secret,
    ...codes,
    ...codes.map((code) => code.slice(2).replaceAll("-", "")),
  ]
  const sealed = ticket.slice("ptm_".length).split(".")
  for (const secret of [...secrets, ...shown, ...sealed, "ptm_", `"${first}"`, `"${next}"`]) {
    assert.ok(!text.includes(secret), `the files have '${secret}'`)
  }
  assert.equal(codes.length, 10)
})

test("a session's record has these members and no others", async (t) => {
  const service = await createTestService(t)
  await service.start("alice", "wonderland")
  const sessions = await service.store.sessions.list("alice")
  const times = ["startedAt", "lastUsedAt", "rotatedAt", "idleExpiresAt", "expiresAt"]
  const added = ["usedBefore", "sharedRotation", "sharedRun", "amr", "factorAt"]
  const all = ["sid", "username", ...times, "rotations", "address", "userAgent", ...added].sort()
  for (const session of sessions) assert.deepEqual(Object.keys(session).sort(), all)
  assert.equal(sessions.length, 1)
})

/** Logs in, refreshes, replays, steals, logs out, changes a password; gives all that was given. */
async function liveThroughAll(service: TestService): Promise<readonly TokenBody[]> {
  const given = [
    await service.start("alice", "wonderland"),
    await service.start("alice", "wonderland"),
    await service.start("bob", "builder"),
  ]
  const [first = assert.fail(), second = assert.fail(), bobs = assert.fail()] = given
  for (const _ of ["rotated", "replayed"]) given.push(await refreshed(service, first))
  const stolen = await refreshed(service, given.at(-1) ?? assert.fail())
  given.push(stolen)
  assert.equal((await refresh(service, first)).status, 401)
  assert.equal((await service.call("POST", "/logout", { token: bobs.access_token })).status, 204)
  const [current, , next] = passwords
  for (const username of ["alice", mistyped[0]]) {
    await service.call("POST", "/login", { json: { username, password: mistyped[1] } })
  }
  const json = { current, new: next }
  const changed = await service.call("POST", "/password", { token: second.access_token, json })
  assert.equal(changed.status, 200, changed.body)
  return [...given, JSON.parse(changed.body)]
}

async function refreshed(service: TestService, tokens: TokenBody): Promise<TokenBody> {
  const reply = await refresh(service, tokens)
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

function refresh(
  service: TestService,
  { refresh_token }: TokenBody,
): ReturnType<TestService["call"]> {
  return service.call("POST", "/refresh", { json: { refresh_token } })
}

function partsOf(refreshToken: string): { readonly sid: string; readonly tag: Buffer } {
  const bytes = Buffer.from(refreshToken.slice("ptr_".length), "base64url")
  return { sid: bytes.subarray(0, 16).toString("base64url"), tag: bytes.subarray(-tagBytes) }
}

function storeText(directory: string): string {
  const names = readdirSync(directory).filter((name) =>
    /^(store\.json|journal\.\d\.jsonl)$/.test(name),
  )
  assert.equal(names.length, 3)
  return names.map((name) => readFileSync(join(directory, name), "utf8")).join("")
}
