// The passkeys of a test's users, by the software authenticator.

import assert from "node:assert/strict"
import type { LoginOptions, RegistrationOptions } from "../../src/factor/passkey_options.ts"
import type { Reply } from "../../src/http/message.ts"
import {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
  type WrongLogin,
  type WrongRegistration,
} from "./authenticator.ts"
import type { CallOptions, TestService } from "./test_service.ts"

/** The site of the test service. */
export const testSite = { origin: "https://login.example.org", rpId: "login.example.org" }

type Service = Pick<TestService, "call" | "logIn">

/** A passkey of a user. */
export interface TestPasskey {
  readonly authenticator: Authenticator
  /** By which the user's list names it. */
  readonly id: string
  /** Of a first factor. */
  readonly recoveryCodes: readonly string[] | undefined
}

/** An authenticator in front of the test service. */
export function createTestAuthenticator(
  options: Partial<AuthenticatorOptions> = {},
): Authenticator {
  return createAuthenticator({ ...testSite, ...options })
}

/** Asks for options, which have to come. The body may have a ticket. */
export async function offer<T = LoginOptions>(
  service: Service,
  path: string,
  options: CallOptions,
): Promise<T> {
  const reply = await service.call("POST", path, options)
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

/** Makes a passkey and sends it. `sent` goes with the request for options, too. */
export async function addPasskey(
  service: Service,
  sent: { readonly token?: string; readonly ticket?: string; readonly name?: string },
  authenticator: Authenticator,
  wrong: WrongRegistration = {},
): Promise<Reply> {
  const { token, ticket: mfa_token, name } = sent
  const by = token === undefined ? {} : { token }
  const path = "/mfa/passkeys"
  const asked = await offer<RegistrationOptions>(service, `${path}/options`, {
    ...{ ...by, json: { mfa_token } },
  })
  const credential = authenticator.create(asked, wrong)
  return service.call("POST", path, { ...by, json: { credential, name, mfa_token } })
}

/** Adds a passkey for a user who has no factor. */
export async function setUpPasskey(
  service: Service,
  { username, password }: { readonly username: string; readonly password: string },
  authenticator: Authenticator = createTestAuthenticator(),
): Promise<TestPasskey> {
  const token = await service.logIn(username, password)
  const reply = await addPasskey(service, { token }, authenticator)
  assert.equal(reply.status, 200, reply.body)
  await service.call("POST", "/logout", { token })
  const { id, recovery_codes: recoveryCodes } = JSON.parse(reply.body)
  return { authenticator, id, recoveryCodes }
}

/** Logs in by a passkey, alone or with the ticket in `more`. */
export async function logInByPasskey(
  service: Service,
  authenticator: Authenticator,
  { wrong = {}, ...more }: { readonly wrong?: WrongLogin; readonly mfa_token?: string } = {},
): Promise<Reply> {
  const asked = await offer(service, "/login/passkey/options", { json: more })
  return sendPasskey(service, authenticator.get(asked, wrong), more)
}

/** Sends what an authenticator answered. */
export function sendPasskey(
  service: Service,
  credential: unknown,
  more: object = {},
  options: CallOptions = {},
): Promise<Reply> {
  return service.call("POST", "/login/passkey", { ...options, json: { credential, ...more } })
}

/** The ticket of a login whose password is right. */
export async function ticketOf(
  service: Service,
  user: { readonly username: string; readonly password: string },
): Promise<string> {
  const reply = await service.call("POST", "/login", { json: user })
  assert.equal(reply.status, 401, reply.body)
  return JSON.parse(reply.body).mfa_token
}
