// If-Match at the admin API (RFC 9110 §13.1.1), and two admins at once.

import assert from "node:assert/strict"
import { test } from "node:test"
import { adminRequests, adminTable, unconditional } from "../wings/admin_route_table.ts"
import { callsOf, createAdminService, goodPassword, refusal } from "./admin_calls.ts"

/** What bodies the rows take. */
const bodies: Readonly<Record<string, unknown>> = {
  "/password": { password: goodPassword },
  "/link": {},
  "/claims/tenant": { value: 1 },
}

function bodyOf(path: string): unknown {
  return Object.entries(bodies).find(([end]) => path.endsWith(end))?.[1]
}

const conditional = adminRequests.filter(({ isConditional }) => isConditional)
const old = '"AAAAAAAAAAAAAAAAAAAAAA"'

test("every row of the admin API reads, needs If-Match, or is in the list of the others", () => {
  assert.ok(unconditional.every((one) => adminTable.some((row) => row.startsWith(one))))
  assert.equal(conditional.length, 15)
})

for (const { method, path } of conditional) {
  const json = bodyOf(path)
  const call = json === undefined ? {} : { json }

  test(`${method} ${path} needs If-Match, and refuses a version that is over`, async (t) => {
    const { ask, service } = await createAdminService(t, { browser: [], generated: true })
    const before = [await service.store.users.list(), service.keys.list()]
    const without = await ask(method, path, call)
    assert.deepEqual(refusal(without), [428, "precondition_required"])
    const tags = [old, `W/${old}`, `${old}, "b,c"`, '""', `"${"x".repeat(9000)}"`, `,, ${old} ,`]
    for (const ifMatch of tags) {
      const refused = await ask(method, path, { ...call, ifMatch })
      assert.deepEqual(refusal(refused), [412, "precondition_failed"], ifMatch.slice(0, 40))
    }
    const malformed = ["", " ", "abc", '"a', 'a"', '"a" "b"', "*, *", `*, ${old}`, '"a b"', "W/*"]
    for (const ifMatch of [...malformed, 'w/"a"', '"\u0000"', '"\u007f"', ",", '"\u20ac"']) {
      const refused = await ask(method, path, { ...call, ifMatch })
      assert.deepEqual(refusal(refused), [400, "invalid_request"], JSON.stringify(ifMatch))
    }
    assert.deepEqual([await service.store.users.list(), service.keys.list()], before)
    assert.deepEqual(service.log.takeAudit(), [])
  })
}

for (const form of [(tag: string) => tag, () => "*", (tag: string) => `"a" , ${old},${tag}`]) {
  test(`PUT …/roles/{role} takes If-Match: ${form("TAG")}`, async (t) => {
    const { ask, tagOf } = await createAdminService(t)
    const ifMatch = form(await tagOf("alice"))
    const changed = await ask("PUT", "/admin/users/alice/roles/editor", { ifMatch })
    assert.deepEqual([changed.status, changed.body["roles"]], [200, ["editor"]])
  })
}

test("a weak tag of the right version changes nothing: the comparison is strong", async (t) => {
  const { ask, tagOf } = await createAdminService(t)
  const ifMatch = `W/${await tagOf("alice")}`
  const refused = await ask("PUT", "/admin/users/alice/roles/editor", { ifMatch })
  assert.deepEqual(refusal(refused), [412, "precondition_failed"])
})

test("of two admins who change one user at once, one gets 412 or 404", async (t) => {
  const { ask, tagOf, service } = await createAdminService(t)
  await service.accounts.addRole("bob", "admin")
  const bobs = callsOf(service, await service.logIn("bob", "builder"))
  for (const { method, path } of conditional.filter((one) => one.path.includes("/alice"))) {
    if (path.endsWith("/link") || path.endsWith("factors") || path.includes("/factors/")) continue
    await service.accounts.release("alice").catch(() => {})
    await service.accounts.create({ username: "alice", password: goodPassword }).catch(() => {})
    await service.accounts.enable("alice")
    await service.accounts.addRole("alice", "editor")
    await service.accounts.setClaim("alice", "tenant", 0)
    if (method === "PUT" && path.includes("/roles/")) {
      await service.accounts.removeRole("alice", "editor")
    }
    if (path.endsWith("/enable")) await service.accounts.disable("alice")
    const ifMatch = await tagOf("alice")
    const json = bodyOf(path)
    const call = { ifMatch, ...(json === undefined ? {} : { json }) }
    const answers = await Promise.all([ask(method, path, call), bobs.ask(method, path, call)])
    const statuses = answers.map(({ status }) => status).sort()
    // What changes nothing may be done twice: unlocking, and a second logout within the second.
    const again = method === "DELETE" && path.endsWith("/alice") ? 404 : 412
    const isHarmless = path.endsWith("/unlock") || path.endsWith("/logout")
    if (isHarmless) assert.ok(statuses.includes(200), `${statuses}`)
    else assert.deepEqual(statuses, [method === "DELETE" && again === 404 ? 204 : 200, again], path)
  }
})

for (const [method, path] of [
  ["DELETE", ""],
  ["POST", "/disable"],
  ["DELETE", "/roles/admin"],
] as const) {
  test(`the last admin can't be taken away: ${method} ${path}`, async (t) => {
    const { change, service } = await createAdminService(t)
    await service.accounts.addRole("bob", "admin")
    await service.accounts.disable("bob")
    const refused = await change("ann", method, path)
    assert.deepEqual(refusal(refused), [409, "last_admin"])
    const any = await change("ann", method, path, { ifMatch: "*" })
    assert.deepEqual(refusal(any), [409, "last_admin"])
    assert.deepEqual((await service.store.users.find("ann"))?.roles, ["admin"])
    await service.accounts.enable("bob")
    assert.ok((await change("ann", method, path)).status < 300)
  })

  test(`two admins who take each other away leave one: ${method} ${path}`, async (t) => {
    const { ask, tagOf, service } = await createAdminService(t)
    await service.accounts.addRole("bob", "admin")
    const bobs = callsOf(service, await service.logIn("bob", "builder"))
    const [ofAnn, ofBob] = [await tagOf("ann"), await tagOf("bob")]
    const answers = await Promise.all([
      ask(method, `/admin/users/bob${path}`, { ifMatch: ofBob }),
      bobs.ask(method, `/admin/users/ann${path}`, { ifMatch: ofAnn }),
    ])
    const done = answers.filter(({ status }) => status < 300)
    assert.equal(done.length, 1, JSON.stringify(answers.map(refusal)))
    const users = await service.store.users.list()
    const admins = users.filter(({ roles, disabled }) => roles.includes("admin") && !disabled)
    assert.equal(admins.length, 1)
  })
}

test("the keys are changed by who has seen them", async (t) => {
  const { ask, service } = await createAdminService(t, { generated: true })
  const first = await ask("GET", "/admin/keys")
  assert.deepEqual(
    (first.body["keys"] as readonly { kid: string }[]).slice(1).map(({ kid }) => kid),
    ["refresh", "cookies"],
  )
  const rotate = () => ask("POST", "/admin/keys/rotate", { ifMatch: first.etag })
  const both = await Promise.all([rotate(), rotate()])
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 412])
  const now = await ask("GET", "/admin/keys")
  const rotated = both.find(({ status }) => status === 200)
  assert.deepEqual([rotated?.etag, rotated?.body], [now.etag, now.body])
  const kid = (now.body["keys"] as readonly { kid: string }[])[1]?.kid
  const retired = await ask("DELETE", `/admin/keys/${kid}`, { ifMatch: now.etag })
  assert.deepEqual([retired.status, retired.body], [200, first.body])
  const unknown = await ask("DELETE", "/admin/keys/nobody", { ifMatch: retired.etag })
  assert.deepEqual(refusal(unknown), [404, "not_found"])
  const audited = service.log.takeAudit().map(({ event, key, by }) => [event, key, by])
  assert.deepEqual(audited, [
    ["key.rotated", kid, "ann"],
    ["key.retired", kid, "ann"],
  ])
  assert.doesNotMatch(JSON.stringify([first, now, retired]), /"d"|refreshKey|cookieKey/)
})

test("keys that the operator gave can't be changed over HTTP either", async (t) => {
  const { ask } = await createAdminService(t)
  const refused = await ask("POST", "/admin/keys/rotate", { ifMatch: "*" })
  assert.deepEqual(refusal(refused), [400, "invalid_request"])
})
