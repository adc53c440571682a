// F-50 and R-05: while nothing can be written, what needs writing answers 503, and when there is
// room again everything is as it was before: no token was used up, no session has ended.

import assert from "node:assert/strict"
import { test } from "node:test"
import { findSession } from "../store/session_calls.ts"
import {
  assertRefused,
  type PreparedService,
  prepareService,
  refresh,
  takeEvents,
} from "../support/api_scenario.ts"
import { createFaultyDisk, type FaultyDisk } from "../support/faulty_disk.ts"
import { createForge } from "../support/forge.ts"
import type { CallOptions } from "../support/test_service.ts"

const unwritten = [503, "temporarily_unavailable", "The change could not be stored"] as const
const flask = await createForge("HS256")

interface Row {
  readonly route: string
  readonly what: string
  readonly send: (prepared: PreparedService) => CallOptions
  /** When there is room again. */
  readonly status: number
  readonly events: readonly string[]
  readonly shared?: boolean
}

const rows: readonly Row[] = [
  {
    route: "POST /login",
    what: "starts no session",
    send: () => ({ json: { username: "alice", password: "wonderland" } }),
    status: 200,
    events: ["login.succeeded alice"],
  },
  {
    route: "POST /refresh",
    what: "uses up nothing",
    send: ({ tokens }) => ({ json: { refresh_token: tokens.refresh_token } }),
    status: 200,
    events: ["session.refreshed alice"],
  },
  {
    route: "POST /refresh",
    what: "uses up no token of Flask-JWT-Extended",
    send: () => ({ token: flask.token({ payload: { type: "refresh" } }) }),
    status: 200,
    events: ["session.started alice exchanged", "session.refreshed alice"],
    shared: true,
  },
  {
    route: "POST /logout",
    what: "ends nothing",
    send: ({ token }) => ({ token }),
    status: 204,
    events: ["session.ended alice logout"],
  },
  {
    route: "POST /logout",
    what: "revokes nothing",
    send: () => ({ token: flask.token() }),
    status: 204,
    events: ["token.revoked alice logout"],
    shared: true,
  },
  {
    route: "DELETE /sessions/{sid}",
    what: "ends nothing",
    send: ({ token }) => ({ token }),
    status: 204,
    events: ["session.ended alice by_user"],
  },
  {
    route: "POST /password",
    what: "changes and ends nothing",
    send: ({ token }) => ({
      token,
      json: { current: "wonderland", new: "a-second-long-password" },
    }),
    status: 200,
    events: ["password.changed alice", "session.ended alice password_changed"],
  },
]

function fill(disk: FaultyDisk, code: string): void {
  disk.fail(({ kind }) => (kind === "write" || kind === "make" ? { code, taken: 3 } : null))
}

for (const { route, what, send, status, events, shared = false } of rows) {
  for (const code of ["ENOSPC", "EIO"]) {
    test(`${route} on a disk with ${code} answers 503 and ${what}`, async (t) => {
      const disk = createFaultyDisk()
      const prepared = await prepareService(t, { disk, shared })
      const { service, token, sid } = prepared
      const [method = "", path = ""] = route.replace(/\{s?id\}/, sid).split(" ")
      const options = send(prepared)
      const sessionsBefore = await service.store.sessions.list("alice")
      const listBefore = (await service.call("GET", "/revocations")).body
      fill(disk, code)
      takeEvents(service)
      for (let tries = 0; tries < 3; tries += 1) {
        const reply = await service.call(method, path, options)
        assertRefused(reply, unwritten)
        assert.equal(reply.headers["Retry-After"], "5")
      }
      assert.deepEqual(takeEvents(service), Array(3).fill("request.unavailable"))
      // What needs no writing goes on.
      const me = await service.call("GET", "/me", { token })
      assert.equal(me.status, 200)
      assert.deepEqual(await service.store.sessions.list("alice"), sessionsBefore)
      assert.equal((await service.call("GET", "/revocations")).body, listBefore)
      disk.fail()
      takeEvents(service)
      const reply = await service.call(method, path, options)
      assert.equal(reply.status, status, reply.body)
      assert.deepEqual(takeEvents(service), events)
    })
  }
}

test("POST /refresh with the parent needs no room on the disk", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens } = await prepareService(t, { disk })
  const next = await refresh(service, tokens.refresh_token)
  fill(disk, "ENOSPC")
  const again = await refresh(service, tokens.refresh_token)
  assert.equal(again.refresh_token, next.refresh_token)
})

test("POST /refresh of a stolen token refuses it while the end can't be written", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens, sid } = await prepareService(t, { disk })
  const next = await refresh(service, tokens.refresh_token)
  service.clock.advance(31)
  fill(disk, "ENOSPC")
  const json = { refresh_token: tokens.refresh_token }
  assertRefused(await service.call("POST", "/refresh", { json }), unwritten)
  assert.notEqual(await findSession(service.store, sid), null)
  disk.fail()
  takeEvents(service)
  const reply = await service.call("POST", "/refresh", { json })
  assertRefused(reply, [401, "invalid_token", "Token has been revoked"])
  assert.deepEqual(takeEvents(service), ["session.reused alice", "session.ended alice reused"])
  const revoked = await service.call("GET", "/me", { token: next.access_token })
  assertRefused(revoked, [401, "invalid_token", "Token has been revoked"])
})

test("POST /refresh while a write hangs answers nobody before it is on disk", async (t) => {
  const disk = createFaultyDisk()
  const { service, tokens, sid } = await prepareService(t, { disk })
  const held = disk.holdWrites()
  let answered = 0
  const calls = Array.from({ length: 3 }, async () => {
    const reply = await service.call("POST", "/refresh", { token: tokens.refresh_token })
    answered += 1
    return reply
  })
  await held.reached
  const me = await service.call("GET", "/me", { token: tokens.access_token })
  assert.deepEqual([me.status, answered], [200, 0])
  assert.equal((await findSession(service.store, sid))?.rotations, 0)
  held.letGo({ code: "EIO" })
  for (const reply of await Promise.all(calls)) assertRefused(reply, unwritten)
  disk.fail()
  await refresh(service, tokens.refresh_token)
})
