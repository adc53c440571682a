// A service in which alice has an authenticator app, and trusts the device from which she logs in.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import { takeEvents } from "../support/api_scenario.ts"
import { setUpApp, type TestApp } from "../support/second_factor.ts"
import {
  createTestService,
  type TestService,
  type TestServiceOptions,
} from "../support/test_service.ts"

/** The user. */
export const alice = { username: "alice", password: "wonderland" }

/** For how long devices are trusted. */
export const trustSeconds = 30 * 86_400

/** The service, and what alice has. */
export interface Trusting {
  readonly service: TestService
  readonly app: TestApp
  readonly trustToken: string
  /** The access token of the login that gave the trust. */
  readonly token: string
}

/** Makes the service. */
export async function trusting(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<Trusting> {
  const service = await createTestService(t, { trustSeconds, ...options })
  const app = await setUpApp(service, alice)
  const { trust_token: trustToken, access_token: token } = await logIn(service, {
    ...{ code: app.nextCode(), trust_device: true },
  })
  assert.match(trustToken, /^ptt_/)
  takeEvents(service)
  return { service, app, trustToken, token }
}

/** Logs alice in with these members. */
export function post(service: TestService, json: object): Promise<Reply> {
  return service.call("POST", "/login", { json: { ...alice, ...json } })
}

/** The same, which has to work. */
export async function logIn(service: TestService, json: object) {
  const reply = await post(service, json)
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

/** Holds that a login is asked for the second factor. */
export async function assertAsked(service: TestService, json: object): Promise<void> {
  const reply = await post(service, json)
  assert.deepEqual([reply.status, JSON.parse(reply.body).error], [401, "mfa_required"])
}

/** The trusted devices as alice sees them, and a token of hers. */
export async function listed({ service, app }: Pick<Trusting, "service" | "app">) {
  const { access_token: token } = await logIn(service, { code: app.nextCode() })
  const reply = await service.call("GET", "/mfa", { token })
  return { token, devices: JSON.parse(reply.body).trusted_devices }
}
