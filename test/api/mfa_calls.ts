// Logins with a second factor over JSON, in the steps that tests are about.

import assert from "node:assert/strict"
import type { Reply } from "../../src/http/message.ts"
import type { PreparedService } from "../support/api_scenario.ts"
import { setUpApp, type TestApp } from "../support/second_factor.ts"
import type { CallOptions, TestService, TokenBody } from "../support/test_service.ts"

/** A user of tests. */
export const alice = { username: "alice", password: "wonderland" } as const
/** Another one. */
export const bob = { username: "bob", password: "builder" } as const

/** A code that does not count. */
export const wrongCode = [401, "invalid_code", "That code is not right"] as const
/** A ticket that does not count. */
export const isOver = [401, "invalid_token", "This login is over: log in again"] as const

/** The authenticator app of each service's alice. */
const apps = new WeakMap<TestService, TestApp>()

/** Sets up an app for alice, as the state that a row is about. Her codes count again after it. */
export async function enrolAlice({ service }: Pick<PreparedService, "service">): Promise<TestApp> {
  const app = await setUpApp(service, alice)
  apps.set(service, app)
  // Past the code that put the app in force, and the one before the next.
  service.clock.advance(60)
  return app
}

/** The app that `enrolAlice` set up. */
export function appOf({ service }: Pick<PreparedService, "service">): TestApp {
  return apps.get(service) ?? assert.fail("alice has no app")
}

/** Gives a right password, and the ticket that it gets. */
export async function ticketOf(
  service: TestService,
  credentials: { readonly username: string; readonly password: string } = alice,
  options: CallOptions = {},
): Promise<string> {
  const reply = await service.call("POST", "/login", { ...options, json: credentials })
  const { error, mfa_token: ticket } = JSON.parse(reply.body)
  assert.ok(["mfa_required", "mfa_enrolment_required"].includes(error), reply.body)
  return ticket
}

/** Sends a code with a ticket. */
export function sendCode(
  service: TestService,
  [ticket, code]: readonly [ticket: string, code: string],
  options: CallOptions = {},
): Promise<Reply> {
  return service.call("POST", "/login/code", { ...options, json: { mfa_token: ticket, code } })
}

/** Logs in with a password and a code. */
export async function logInWith(service: TestService, code: string): Promise<TokenBody> {
  const reply = await sendCode(service, [await ticketOf(service), code])
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}
