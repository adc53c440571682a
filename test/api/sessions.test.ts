// GET /sessions, DELETE /sessions and DELETE /sessions/{sid}: one's own, and nobody else's.

import assert from "node:assert/strict"
import { test } from "node:test"
import { problem } from "../../src/http/problem.ts"
import {
  assertRefused,
  claimsOf,
  prepareService,
  refresh,
  takeEvents,
  testScenarios,
} from "../support/api_scenario.ts"
import { startOfTests } from "../support/fake_clock.ts"
import type { TestService } from "../support/test_service.ts"
import { assertDead } from "./dead_tokens.ts"
import { sessionRows } from "./session_rows.ts"

const notFound = [404, "not_found", "You have no such session"] as const

testScenarios(sessionRows)

/** What GET /sessions lists for a token. */
async function listed(service: TestService, token: string): Promise<Record<string, unknown>[]> {
  const reply = await service.call("GET", "/sessions", { token })
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body).sessions
}

async function logInAs(service: TestService, agent: string | undefined): Promise<string> {
  const headers = agent === undefined ? {} : { "user-agent": agent }
  const json = { username: "alice", password: "wonderland" }
  const reply = await service.call("POST", "/login", { headers, json })
  return JSON.parse(reply.body).access_token
}

test("GET /sessions lists the own sessions, the last used first, and marks the current", async (t) => {
  const { service, sid, tokens } = await prepareService(t, { tokens: { accessTtlSeconds: 7200 } })
  service.clock.advance(60)
  const phone = await logInAs(service, "Phone/1")
  await service.start("bob", "builder")
  service.clock.advance(540 + 7)
  await refresh(service, tokens.refresh_token)
  service.clock.advance(600)
  takeEvents(service)
  const reply = await service.call("GET", "/sessions", { token: phone })
  assert.equal(reply.headers["Cache-Control"], "no-store")
  assert.deepEqual(JSON.parse(reply.body), {
    sessions: [
      {
        sid,
        current: false,
        started_at: startOfTests,
        last_used_at: startOfTests + 600,
        idle_expires_at: startOfTests + 600 + 86_400,
        expires_at: startOfTests + 604_800,
        address: "127.0.0.1",
        user_agent: "",
      },
      {
        sid: claimsOf(phone)["sid"],
        current: true,
        started_at: startOfTests + 60,
        last_used_at: startOfTests,
        idle_expires_at: startOfTests + 86_400,
        expires_at: startOfTests + 60 + 604_800,
        address: "127.0.0.1",
        user_agent: "Phone/1",
      },
    ],
  })
  assert.deepEqual(takeEvents(service), [])
})

test("GET /sessions does not show when a refresh token is used, however often one asks", async (t) => {
  const { service, token, tokens } = await prepareService(t, { tokens: { accessTtlSeconds: 7200 } })
  const other = await service.start("alice", "wonderland")
  const ask = async () => (await service.call("GET", "/sessions", { token })).body
  let current = tokens
  let before = await ask()
  const changedAt: number[] = []
  for (let second = 1; second <= 3000; second += 1) {
    service.clock.advance(1)
    if (second % 710 === 0) {
      const json = { refresh_token: current.refresh_token }
      const headers = { "user-agent": `Tab/${second}` }
      const address = `192.0.2.${second / 710}`
      const reply = await service.call("POST", "/refresh", { json, headers, address })
      current = JSON.parse(reply.body)
    }
    if (second === 2500) await refresh(service, other.refresh_token)
    const after = await ask()
    if (after !== before) changedAt.push(second)
    before = after
  }
  assert.deepEqual(changedAt, [1200, 1800, 2400, 3000])
  const [mine] = JSON.parse(before).sessions.filter((one: { current: boolean }) => one.current)
  const { last_used_at, idle_expires_at, address, user_agent } = mine
  assert.deepEqual(
    [last_used_at, idle_expires_at, address, user_agent],
    [startOfTests + 2400, startOfTests + 2400 + 86_400, "192.0.2.4", "Tab/2840"],
  )
})

test("GET /sessions never tells an idle end after the absolute one", async (t) => {
  const settings = { maxAgeSeconds: 86_400 }
  const { service, tokens } = await prepareService(t, { settings })
  service.clock.advance(7)
  await refresh(service, tokens.refresh_token)
  service.clock.advance(600)
  const token = await service.logIn("alice", "wonderland")
  const ends = (await listed(service, token)).map((one) => one["idle_expires_at"])
  assert.deepEqual(ends, [startOfTests + 600 + 86_400, startOfTests + 86_400])
})

test("GET /sessions leaves out what has expired", async (t) => {
  const { service, sid } = await prepareService(t)
  service.clock.advance(86_000)
  const token = await service.logIn("alice", "wonderland")
  const sids = async () => (await listed(service, token)).map((one) => one["sid"])
  assert.deepEqual(await sids(), [claimsOf(token)["sid"], sid])
  service.clock.advance(400)
  assert.deepEqual(await sids(), [claimsOf(token)["sid"]])
})

const agents = [
  [undefined, ""],
  ["", ""],
  ["curl/8.5.0", "curl/8.5.0"],
  ["Caf\u00e9/1", "Caf?/1"],
  ["a\tb\u007fc\u0000d\u001be\u2028f", "a?b?c?d?e?f"],
  ["\ud800", "?"],
  ['"},{"sid":"x', '"},{"sid":"x'],
  ["<script>", "<script>"],
  ["a".repeat(200), "a".repeat(200)],
  ["a".repeat(8000), "a".repeat(200)],
  ["\u00e9".repeat(8000), "?".repeat(200)],
] as const

for (const [sent, shown] of agents) {
  const named = JSON.stringify(sent)?.slice(0, 40) ?? "none"
  test(`GET /sessions shows the user agent ${named} as printable ASCII, and short`, async (t) => {
    const { service } = await prepareService(t)
    const token = await logInAs(service, sent)
    const current = (await listed(service, token)).find((one) => one["current"])
    assert.equal(current?.["user_agent"], shown)
  })
}

test("DELETE /sessions/{sid} ends another one of the own sessions with its tokens", async (t) => {
  const { service, token, tokens, sid } = await prepareService(t)
  const other = await service.start("alice", "wonderland")
  const next = await refresh(service, tokens.refresh_token)
  takeEvents(service)
  const path = `/sessions/${sid}`
  const reply = await service.call("DELETE", path, { token: other.access_token })
  assert.deepEqual(reply, { status: 204, headers: { "Cache-Control": "no-store" }, body: "" })
  assert.deepEqual(takeEvents(service), ["session.ended alice by_user"])
  await assertDead(service, [tokens, next])
  const left = await listed(service, other.access_token)
  assert.deepEqual(
    left.map((one) => one["sid"]),
    [claimsOf(other.access_token)["sid"]],
  )
  assertRefused(await service.call("DELETE", path, { token: other.access_token }), notFound)
  assertRefused(await service.call("DELETE", path, { token }), [
    401,
    "invalid_token",
    "Token has been revoked",
  ])
})

test("DELETE /sessions/{sid} of another user answers exactly as for an unknown one", async (t) => {
  const { service, token } = await prepareService(t)
  const bob = await service.start("bob", "builder")
  const sid = claimsOf(bob.access_token)["sid"]
  takeEvents(service)
  const theirs = await service.call("DELETE", `/sessions/${sid}`, { token })
  const unknown = await service.call("DELETE", "/sessions/AAAAAAAAAAAAAAAAAAAAAA", { token })
  assert.deepEqual(theirs, problem("not_found", "You have no such session"))
  assert.deepEqual(theirs, unknown)
  assert.deepEqual(takeEvents(service), [])
  const reply = await service.call("GET", "/protected", { token: bob.access_token })
  assert.equal(reply.body, '{"logged_in_as":"bob"}\n')
  await refresh(service, bob.refresh_token)
})

test("DELETE /sessions ends all others with their tokens, and leaves other users alone", async (t) => {
  const { service, token, tokens } = await prepareService(t)
  const others = [
    await service.start("alice", "wonderland"),
    await service.start("alice", "wonderland"),
  ]
  const bob = await service.start("bob", "builder")
  assert.equal((await service.call("DELETE", "/sessions", { token })).status, 204)
  await assertDead(service, others)
  assert.equal((await listed(service, token)).length, 1)
  await refresh(service, tokens.refresh_token)
  await refresh(service, bob.refresh_token)
})

test("DELETE /sessions twice at once by two sessions leaves at most one", async (t) => {
  const { service, token } = await prepareService(t)
  const other = await service.logIn("alice", "wonderland")
  await Promise.all([
    service.call("DELETE", "/sessions", { token }),
    service.call("DELETE", "/sessions", { token: other }),
  ])
  assert.ok((await service.store.sessions.list("alice")).length <= 1)
})
