// Hostile requests of an admin's program: paths, bodies, floods. What an admin makes shows no
// secret, and no name becomes a prototype.

import assert from "node:assert/strict"
import { test } from "node:test"
import { adminLimits } from "../../src/service/limits.ts"
import { callsOf, createAdminService, goodPassword, refusal } from "./admin_calls.ts"

/** Segments in the place of a username, and what they are answered. */
const segments: Readonly<Record<string, number>> = {
  ...{ ".": 400, "..": 400, "...": 400, "%2e%2e": 400, "%2E": 400, "-a": 400, "a%20b": 400 },
  ...{ "%2F": 400, "alice%2Fdisable": 400, "%2e%2e%2fkeys": 400, "alice%00": 400, "%00": 400 },
  ...{ "%ff": 400, "%c0%ae": 400, "%ed%a0%80": 400, "a%25": 400, "%2561lice": 400, "a*b": 400 },
  ...{ __proto__x: 404, constructor: 404, "a;b": 400, "a,b": 400, "a:b": 400, "a(b)": 400 },
  ...{ ["a".repeat(254)]: 404, ["a".repeat(255)]: 400, ["%61".repeat(300)]: 400 },
  ...{ "": 404, "a/": 404, "a//disable": 404, "%": 404, "%zz": 404, "%6": 404, "a b": 404 },
  ...{ "a\u0000": 404, "a\\b": 404, "a|b": 404, ä: 404, "a#b": 404, '"a"': 404, "[a]": 404 },
}

for (const [segment, status] of [...Object.entries(segments), ["__proto__", 404] as const]) {
  test(`GET /admin/users/${JSON.stringify(segment.slice(0, 30))} answers ${status}`, async (t) => {
    const { ask } = await createAdminService(t)
    const call = { ifMatch: "*", json: {} }
    for (const [method, path] of [
      ["GET", `/admin/users/${segment}`],
      ["GET", `/admin/users/${segment}/sessions`],
      ["PUT", `/admin/users/${segment}/roles/admin`],
    ] as const) {
      const answer = await ask(method, path, method === "GET" ? {} : call)
      assert.equal(answer.status, status, `${method} ${path}`)
    }
  })
}

test("a user's name may be percent-encoded or not, and in any spelling that is folded", async (t) => {
  const { ask, service } = await createAdminService(t)
  const username = "o'neil+x@example.org"
  await service.accounts.create({ username, password: goodPassword })
  for (const segment of [
    ...["o'neil+x@example.org", "o%27neil%2Bx%40example.org", "O'Neil+X@Example.ORG"],
    ...["%6f%27neil+x@example.org", "%20o'neil+x@example.org", "%EF%BD%8F'neil+x@example.org"],
  ]) {
    const { status, body } = await ask("GET", `/admin/users/${segment}`)
    assert.deepEqual([status, body["username"]], [200, username], segment)
  }
})

for (const path of [
  ...["/admin", "/admin/", "/Admin/users", "/admin/Users", "/admin/users/", "//admin/users"],
  ...["/%61dmin/users", "/admin%2Fusers", "/admin/./users", "/x/../admin/users", "/admin;/users"],
  ...["/admin/users.json", "/admin/users;x=1", "/admin/users%00", "/admin/users%2Falice"],
]) {
  test(`there is nothing at ${path}`, async (t) => {
    const { ask } = await createAdminService(t)
    assert.deepEqual(refusal(await ask("GET", path)), [404, "not_found"])
  })
}

for (const claim of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
  test(`PUT …/claims/${claim} is a claim like others, or refused`, async (t) => {
    const { change, service } = await createAdminService(t)
    const json = JSON.parse('{"value":{"__proto__":{"admin":true},"a":1}}')
    const answer = await change("alice", "PUT", `/claims/${claim}`, { json })
    assert.ok([200, 400].includes(answer.status))
    const user = await service.store.users.find("alice")
    const claims = user?.claims ?? {}
    assert.deepEqual(Object.keys(claims), answer.status === 200 ? [claim] : [])
    assert.equal(Reflect.get({}, "admin"), undefined)
    assert.equal(Reflect.get(claims, "admin"), undefined)
  })
}

for (const claim of ["sub", "iss", "exp", "roles", "a%20b", "%2E", "a%00", "%F0%9F%98%80", "1a"]) {
  test(`PUT …/claims/${claim} is refused`, async (t) => {
    const { change } = await createAdminService(t)
    const refused = await change("alice", "PUT", `/claims/${claim}`, { json: { value: 1 } })
    assert.deepEqual(refusal(refused), [400, "invalid_request"])
  })
}

for (const role of ["-x", "a%20b", "a%2Fb", "%00", "a".repeat(65), "%ff"]) {
  test(`PUT …/roles/${role.slice(0, 20)} is refused`, async (t) => {
    const { change } = await createAdminService(t)
    const refused = await change("alice", "PUT", `/roles/${role}`)
    assert.deepEqual(refusal(refused), [400, "invalid_request"])
  })
}

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`
}

const bodies: readonly string[] = [
  ...["", "null", "[]", '"x"', "7", "{", '{"value":1,"value":2}', '{"value":1,"x":1}', '{"x":1}'],
  ...["{}", '{"Value":1}', `{"value":${nested(2000)}}`, "\u0000"],
  ...[
    `{"value":${nested(8000)}}`,
    `{"value":"${"x".repeat(2000)}"}`,
    '{"value":1e999}',
    '{"__proto__":1}',
  ],
]

for (const body of bodies) {
  test(`PUT …/claims/{claim} refuses the body ${body.slice(0, 30)}`, async (t) => {
    const { change, service } = await createAdminService(t)
    const before = await service.store.users.find("alice")
    const call = { body, headers: { "content-type": "application/json" } }
    const tag = await change("alice", "GET", "")
    const refused = await change("alice", "PUT", "/claims/a", {
      ...call,
      headers: { ...call.headers, "if-match": tag.etag },
    })
    assert.deepEqual(refusal(refused), [400, "invalid_request"])
    assert.deepEqual(await service.store.users.find("alice"), before)
  })
}

test("bodies of other types are refused", async (t) => {
  const { change } = await createAdminService(t)
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/xml"]) {
    const call = { body: '{"value":1}', headers: { "content-type": type } }
    const refused = await change("alice", "PUT", "/claims/a", call)
    assert.deepEqual(refusal(refused), [415, "unsupported_media_type"])
  }
})

test("hashes, links and searches are limited for each admin, and for nobody else", async (t) => {
  const { ask, change, service, token } = await createAdminService(t, { browser: [] })
  await service.accounts.addRole("bob", "admin")
  const bobs = callsOf(service, await service.logIn("bob", "builder"))
  const search = (calls: Pick<typeof bobs, "ask">) => calls.ask("GET", "/admin/users?search=a")
  for (let count = 0; count < adminLimits.searches.capacity; count += 1) {
    assert.equal((await search({ ask })).status, 200)
  }
  const refused = await search({ ask })
  assert.deepEqual(refusal(refused), [429, "too_many_requests"])
  assert.equal(refused.headers["Retry-After"], "1")
  assert.equal((await ask("GET", "/admin/users")).status, 200)
  assert.equal((await search(bobs)).status, 200)
  assert.equal((await search(callsOf(service, token))).status, 429)
  const link = () => change("alice", "POST", "/link", { ifMatch: "*" })
  for (let count = 0; count < adminLimits.links.capacity; count += 1) {
    assert.equal((await link()).status, 201)
  }
  assert.deepEqual(refusal(await link()), [429, "too_many_requests"])
  const json = { password: "short" }
  const setPassword = () => change("alice", "POST", "/password", { ifMatch: "*", json })
  for (let count = 0; count < adminLimits.passwords.capacity; count += 1) {
    assert.equal((await setPassword()).status, 400)
  }
  assert.deepEqual(refusal(await setPassword()), [429, "too_many_requests"])
  service.clock.advance(1)
  assert.equal((await setPassword()).status, 400)
})

test("no reply and no line of the log has a secret, but the link that was made", async (t) => {
  const { ask, change, service } = await createAdminService(t, { browser: [], generated: true })
  await change("alice", "POST", "/password", { json: { password: goodPassword } })
  const link = await change("alice", "POST", "/link")
  const token = new URL(String(link.body["url"])).searchParams.get("t") ?? assert.fail()
  await ask("GET", "/admin/users?search=a")
  for (const path of ["", "/factors", "/sessions", "/lock"]) await change("alice", "GET", path)
  const others = service.exchanges
    .map(({ reply }) => reply.body)
    .filter((one) => !one.includes(token))
  const all = [...others, ...service.log.lines].join("\n")
  const { passwordHash = "?", link: kept } = (await service.store.users.find("alice")) ?? {}
  for (const secret of [goodPassword, passwordHash, kept?.tag ?? "?", token]) {
    assert.ok(!all.includes(secret))
  }
})

test("service tokens are made, listed and revoked, and never administer", async (t) => {
  const { ask, service } = await createAdminService(t)
  const json = { name: "CI", roles: ["reader", "editor"], expires: "12h" }
  const made = await ask("POST", "/admin/tokens", { json })
  assert.equal(made.status, 201)
  const { token, ...rest } = made.body
  assert.match(String(token), /^pts_/)
  const { body } = await ask("GET", "/admin/tokens")
  const unused = { expired: false, last_used_at: null, last_address: "" }
  assert.deepEqual(body, { tokens: [{ ...rest, ...unused }] })
  assert.deepEqual([rest["name"], rest["roles"]], ["ci", ["editor", "reader"]])
  assert.equal((await service.call("GET", "/me", { token: String(token) })).status, 200)
  assert.deepEqual(refusal(await ask("POST", "/admin/tokens", { json })), [409, "username_taken"])
  for (const bad of [
    ...[
      { name: "x", roles: ["admin"] },
      { name: "x", roles: ["reader,admin"] },
      { name: "x", admin: true },
    ],
    ...[
      { name: "x", fresh: true },
      { name: "x", aal2: true },
      { name: "x", roles: "reader" },
    ],
    ...[
      { name: 7 },
      {},
      { name: "x", expires: 7 },
      { name: "x", expires: "9000d" },
      { name: "a b" },
    ],
    ...[
      { name: "x", role: "admin" },
      { name: "x", roles: [7] },
      { name: "x", roles: null },
    ],
  ]) {
    const refused = await ask("POST", "/admin/tokens", { json: bad })
    assert.deepEqual(refusal(refused), [400, "invalid_request"], JSON.stringify(bad))
  }
  assert.equal((await ask("DELETE", "/admin/tokens/ci")).status, 204)
  assert.deepEqual(refusal(await ask("DELETE", "/admin/tokens/ci")), [404, "not_found"])
  assert.equal((await service.call("GET", "/me", { token: String(token) })).status, 401)
  const audited = service.log.takeAudit().map(({ event, user, by }) => [event, user, by])
  assert.deepEqual(audited, [
    ["service_token.created", "svc:ci", "ann"],
    ["service_token.revoked", "svc:ci", "ann"],
  ])
})
