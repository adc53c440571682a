// The admin API: pages of users, and what an admin does with one.

import assert from "node:assert/strict"
import { test } from "node:test"
import { recoveryCodes, sampleFactors, samplePasskey } from "../store/sample_factors.ts"
import { sampleUser } from "../store/sample_user.ts"
import { startOfTests } from "../support/fake_clock.ts"
import { createAdminService, goodPassword, refusal } from "./admin_calls.ts"

const alice = {
  ...{ username: "alice", roles: [], claims: {}, disabled: false, invited: false },
  ...{ created_at: startOfTests, tokens_not_before: 0, link: null, otp: false, passkeys: 0 },
}

test("GET /admin/users gives pages of users with their tags, ordered by name", async (t) => {
  const { ask, tagOf } = await createAdminService(t)
  const whole = await ask("GET", "/admin/users")
  assert.equal(whole.status, 200)
  const users = whole.body["users"] as readonly Record<string, unknown>[]
  assert.deepEqual(users[0], { ...alice, etag: await tagOf("alice"), locked: false, mfa: "none" })
  assert.deepEqual(
    users.map(({ username }) => username),
    ["alice", "ann", "bob"],
  )
  assert.equal(whole.body["next"], null)
  const names: unknown[] = []
  for (let cursor = ""; ; ) {
    const page = await ask("GET", `/admin/users?limit=1&cursor=${cursor}`)
    names.push(
      ...(page.body["users"] as readonly { username: string }[]).map((one) => one.username),
    )
    if (page.body["next"] === null) break
    cursor = String(page.body["next"])
  }
  assert.deepEqual(names, ["alice", "ann", "bob"])
  const again = await ask("GET", "/admin/users", { headers: { "if-none-match": whole.etag } })
  assert.deepEqual([again.status, again.etag], [304, whole.etag])
})

test("GET /admin/users finds parts of names in any spelling, and roles", async (t) => {
  const { ask, service } = await createAdminService(t)
  await service.accounts.create({ username: "bob+x@example.org", password: goodPassword })
  const found = async (query: string) => {
    const { body } = await ask("GET", `/admin/users?${query}`)
    return (body["users"] as readonly { username: string }[]).map(({ username }) => username)
  }
  assert.deepEqual(await found("search=BOB"), ["bob", "bob+x@example.org"])
  assert.deepEqual(await found("search=%20b+X%40"), ["bob+x@example.org"])
  assert.deepEqual(await found("role=admin"), ["ann"])
  assert.deepEqual(await found("role=admin&search=bob"), [])
})

for (const query of [
  ...["limit=0", "limit=201", "limit=-1", "limit=1e2", "limit=50.0", "limit=%31%30%30%30"],
  ...["limit=1&limit=1", "serach=a", "search=a&Search=b", "search=%ff", "search=%", "search=a%00"],
  ...["search=%E2%80%AE", "role=-x", "role=a%20b", "cursor=%00", "cursor=***", "cursor=YQ=="],
  ...["cursor=Y", "cursor=__proto__", "cursor=AA", `cursor=${"YWFh".repeat(100)}`, "cursor=4pi6"],
  ...[`search=${"a".repeat(255)}`, `role=${"a".repeat(65)}`, "=x", "search=a&=x"],
]) {
  test(`GET /admin/users refuses the query ${query.slice(0, 40)}`, async (t) => {
    const { ask } = await createAdminService(t)
    assert.deepEqual(refusal(await ask("GET", `/admin/users?${query}`)), [400, "invalid_request"])
  })
}

test("POST /admin/users makes a user, whom its reply shows and names", async (t) => {
  const { ask, service } = await createAdminService(t)
  const json = { username: " Carol@Example.ORG", password: goodPassword }
  const made = await ask("POST", "/admin/users", { json })
  assert.equal(made.status, 201)
  assert.deepEqual(made.body, { ...alice, username: "carol@example.org" })
  assert.equal(made.headers["Location"], "/admin/users/carol%40example.org")
  const shown = await ask("GET", String(made.headers["Location"]))
  assert.deepEqual([shown.body, shown.etag], [made.body, made.etag])
  assert.deepEqual(refusal(await ask("POST", "/admin/users", { json })), [409, "username_taken"])
  assert.equal((await service.start("carol@example.org", goodPassword)).token_type, "Bearer")
})

test("POST /admin/users under a released name shows the user as the store has it", async (t) => {
  const { ask, change } = await createAdminService(t)
  assert.equal((await change("bob", "DELETE", "")).status, 204)
  const json = { username: "bob", password: goodPassword }
  assert.deepEqual(refusal(await ask("POST", "/admin/users", { json })), [409, "username_taken"])
  assert.equal((await ask("DELETE", "/admin/reserved/bob")).status, 204)
  const made = await ask("POST", "/admin/users", { json })
  assert.equal(made.body["tokens_not_before"], startOfTests + 1)
  assert.equal((await ask("GET", "/admin/users/bob")).etag, made.etag)
})

for (const [what, json] of Object.entries({
  "an empty password": { username: "carol", password: "" },
  "a short password": { username: "carol", password: "short" },
  "a number as password": { username: "carol", password: 7 },
  "no name": { password: goodPassword },
  "an odd name": { username: "a/b", password: goodPassword },
  "more members": { username: "carol", password: goodPassword, roles: ["admin"] },
  "a prototype": JSON.parse(`{"username":"carol","password":"${goodPassword}","__proto__":{}}`),
})) {
  test(`POST /admin/users refuses ${what}, and makes nobody`, async (t) => {
    const { ask, service } = await createAdminService(t)
    assert.equal((await ask("POST", "/admin/users", { json })).status, 400)
    assert.equal(await service.store.users.count(), 3)
    assert.deepEqual(service.log.takeAudit(), [])
  })
}

test("POST /admin/users without a password invites, where there are pages", async (t) => {
  const off = await createAdminService(t)
  const refused = await off.ask("POST", "/admin/users", { json: { username: "carol" } })
  assert.deepEqual(refusal(refused), [400, "invalid_request"])
  const { ask, change, service } = await createAdminService(t, { browser: [] })
  const made = await ask("POST", "/admin/users", { json: { username: "Carol" } })
  assert.equal(made.status, 201)
  const { url } = made.body["invite"] as { readonly url: string }
  assert.match(url, /^https:\/\/login\.example\.org\/invite\?t=/)
  assert.deepEqual([made.body["invited"], made.body["username"]], [true, "carol"])
  // A second one would void the first link of somebody else.
  const again = await ask("POST", "/admin/users", { json: { username: "carol" } })
  assert.deepEqual(refusal(again), [409, "username_taken"])
  const link = await change("carol", "POST", "/link", { json: {} })
  assert.deepEqual([link.status, link.body["kind"]], [201, "invite"])
  assert.equal((await ask("GET", "/admin/users/carol")).etag, link.etag)
  const events = service.log.takeAudit().map(({ event, by }) => [event, by])
  assert.deepEqual(events, [["user.added", "ann"], ...[1, 2].map(() => ["link.made", "ann"])])
})

test("POST /admin/users/{username}/link makes a reset, which may remove factors", async (t) => {
  const { change, service } = await createAdminService(t, { browser: [] })
  for (const [call, removesFactors] of [
    [{}, false],
    [{ json: {} }, false],
    [{ json: { mfa: null } }, false],
    [{ json: { mfa: true } }, true],
  ] as const) {
    const made = await change("alice", "POST", "/link", call)
    assert.deepEqual([made.status, made.body["kind"]], [201, "reset"])
    assert.equal((await service.store.users.find("alice"))?.link?.removesFactors, removesFactors)
  }
  const shown = await change("alice", "GET", "")
  assert.deepEqual(shown.body["link"], {
    ...{ kind: "reset", expires_at: startOfTests + 3600, removes_factors: true },
  })
})

test("an admin changes a user step by step, each with the tag of the reply before", async (t) => {
  const { ask, tagOf, service } = await createAdminService(t)
  const old = await service.start("alice", "wonderland")
  let tag = await tagOf("alice")
  const step = async (method: string, path: string, json?: unknown) => {
    const call = { ifMatch: tag, ...(json === undefined ? {} : { json }) }
    const answer = await ask(method, `/admin/users/alice${path}`, call)
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    tag = answer.etag
    return answer.body
  }
  assert.deepEqual((await step("PUT", "/roles/editor"))["roles"], ["editor"])
  assert.deepEqual((await step("DELETE", "/roles/editor"))["roles"], [])
  const url = encodeURIComponent("https://example.org/tenant")
  const value = { id: [1, null, "x"] }
  const claims = (await step("PUT", `/claims/${url}`, { value }))["claims"]
  assert.deepEqual(claims, { "https://example.org/tenant": value })
  assert.deepEqual((await step("PUT", `/claims/${url}`, { value: null }))["claims"], {
    "https://example.org/tenant": null,
  })
  assert.deepEqual((await step("DELETE", `/claims/${url}`))["claims"], {})
  assert.equal((await step("POST", "/disable"))["disabled"], true)
  assert.equal((await step("POST", "/enable"))["disabled"], false)
  await step("POST", "/password", { password: goodPassword })
  await step("POST", "/unlock")
  const sessions = await ask("GET", "/admin/users/alice/sessions")
  assert.deepEqual(sessions.body, { sessions: [] })
  assert.equal((await service.call("GET", "/me", { token: old.access_token })).status, 401)
  await service.start("alice", goodPassword)
  assert.equal(await tagOf("alice"), tag, "a login changes no tag")
  await step("POST", "/logout")
  assert.equal((await ask("DELETE", "/admin/users/alice", { ifMatch: tag })).status, 204)
  assert.deepEqual(refusal(await ask("GET", "/admin/users/alice")), [404, "not_found"])
  const audited = service.log.takeAudit().filter((line) => line["by"] !== undefined)
  assert.deepEqual(
    audited.map(({ event, user, reason = "" }) => `${event} ${user} ${reason}`.trim()),
    [
      ...["role_added", "role_removed", "claim_set", "claim_set"].map(changed),
      ...["claim_removed", "disabled"].map(changed),
      ...["session.ended alice disabled", ...["enabled", "password_set"].map(changed)],
      ...["user.unlocked alice operator", changed("logged_out"), "session.ended alice logged_out"],
      "user.deleted alice",
    ],
  )
  for (const line of audited) {
    assert.deepEqual([line["by"], line["client"]], ["ann", "127.0.0.1"])
    assert.match(String(line["request"]), /^test-\d+$/)
  }
})

function changed(reason: string): string {
  return `user.changed alice ${reason}`
}

test("an admin sees and removes second factors", async (t) => {
  const { ask, change, service } = await createAdminService(t)
  const factors = sampleFactors({
    ...{ passkeys: [samplePasskey("p1")], recoveryCodes: recoveryCodes(), failures: 7 },
  })
  await service.store.users.create(sampleUser("carol", { factors }))
  const { body } = await ask("GET", "/admin/users/carol/factors")
  assert.deepEqual(body["methods"], ["otp", "recovery", "passkey"])
  assert.doesNotMatch(JSON.stringify(body), /sealed|argon|publicKey|"id"/)
  const lock = await ask("GET", "/admin/users/carol/lock")
  assert.deepEqual(lock.body, {
    ...{ locked: false, wrong_passwords: { strangers: 0, devices: 0 } },
    ...{ codes_locked: false, wrong_codes: 7 },
  })
  assert.equal((await change("carol", "POST", "/unlock")).status, 200)
  assert.equal((await ask("GET", "/admin/users/carol/lock")).body["wrong_codes"], 0)
  const some = await change("carol", "DELETE", "/factors/otp")
  assert.deepEqual([some.status, some.body["otp"], some.body["passkeys"]], [200, false, 1])
  const odd = await change("carol", "DELETE", "/factors/all")
  assert.deepEqual(refusal(odd), [400, "invalid_request"])
  const rest = await change("carol", "DELETE", "/factors")
  assert.deepEqual([rest.status, rest.body["passkeys"]], [200, 0])
  assert.deepEqual(refusal(await change("carol", "DELETE", "/factors")), [404, "not_found"])
})

test("an admin sees a user's sessions and ends one", async (t) => {
  const { ask, service } = await createAdminService(t)
  const { access_token: token } = await service.start("alice", "wonderland")
  const { body } = await ask("GET", "/admin/users/Alice/sessions")
  const [session = {}, ...more] = body["sessions"] as readonly Record<string, unknown>[]
  assert.deepEqual([more.length, session["address"]], [0, "127.0.0.1"])
  const path = `/admin/sessions/${session["sid"]}`
  assert.equal((await ask("DELETE", path)).status, 204)
  assert.deepEqual(refusal(await ask("DELETE", path)), [404, "not_found"])
  assert.equal((await service.call("GET", "/me", { token })).status, 401)
  assert.deepEqual(refusal(await ask("GET", "/admin/users/zoe/sessions")), [404, "not_found"])
})
