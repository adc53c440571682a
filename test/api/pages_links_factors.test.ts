// Resets by a link, of users who have a second factor.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import { handle, pendingTotp, recoveryCodes } from "../store/sample_factors.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { openBrowser, titleOf } from "../support/fake_browser.ts"
import { setUpApp } from "../support/second_factor.ts"
import { createTestService, type TestServiceOptions } from "../support/test_service.ts"

const alice = { username: "alice", password: "wonderland" }
const password = "korrekt-pferd-batterie"

/** A browser at the page of a link. */
async function prepare(t: TestContext, removesFactors: boolean, options: TestServiceOptions = {}) {
  const service = await createTestService(t, { browser: [], ...options })
  const { store, clock, links } = service
  if (options.requirement === undefined) await setUpApp(service, alice)
  else {
    const confirmed = {
      confirmTotp: { id: pendingTotp.id, step: 1 },
      recoveryCodes: recoveryCodes(),
    }
    await store.users.change("alice", { factors: { offerTotp: pendingTotp, handle } })
    await store.users.change("alice", {
      factors: { ...confirmed, ticket: null, at: clock.now() },
    })
  }
  const { url } = await links.reset("alice", { removesFactors })
  const browser = openBrowser(service)
  const page = await browser.open(new URL(url).pathname + new URL(url).search)
  takeEvents(service)
  return { service, browser, page }
}

test("a reset keeps the second factor, and leads to the code", async (t) => {
  const { service, browser, page } = await prepare(t, false)
  assert.doesNotMatch(page.body, /second factor/)
  const asked = await browser.send(page, "/reset", { password })
  assert.equal(titleOf(asked), "Enter your code")
  assert.equal(browser.cookies.has("__Host-postern"), false)
  assert.deepEqual(takeEvents(service), ["link.used alice reset", "mfa.required alice factor"])
})

test("a reset with removesFactors removes the second factor when it is used, not before", async (t) => {
  const { service, browser, page } = await prepare(t, true)
  assert.match(page.body, /Your second factor is removed, too\./)
  assert.notEqual((await service.store.users.find("alice"))?.factors, null)
  const account = await browser.send(page, "/reset", { password })
  assert.equal(titleOf(account), "Your account")
  assert.equal((await service.store.users.find("alice"))?.factors, null)
  assert.deepEqual(takeEvents(service), ["link.used alice reset", "mfa.reset alice link"])
  const json = { ...alice, password }
  assert.equal((await service.call("POST", "/login", { json })).status, 200)
})

test("a reset with removesFactors leads who must have a factor to another one", async (t) => {
  const { service, browser, page } = await prepare(t, true, { requirement: { kind: "all" } })
  await browser.send(page, "/reset", { password })
  assert.equal(browser.cookies.has("__Host-postern"), false)
  assert.deepEqual(takeEvents(service), [
    ...["link.used alice reset", "mfa.reset alice link", "mfa.required alice enrolment"],
  ])
  assert.deepEqual(await service.store.sessions.list("alice"), [])
})
