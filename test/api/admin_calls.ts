// Calls of the admin API in a service of a test: ann administers, and has just logged in.

import assert from "node:assert/strict"
import type { TestContext } from "node:test"
import type { JsonObject } from "../../src/domain/strict_json.ts"
import type { Reply } from "../../src/http/message.ts"
import {
  type CallOptions,
  createTestService,
  type TestService,
  type TestServiceOptions,
} from "../support/test_service.ts"

/** A password that may be chosen. */
export const goodPassword = "korrekt-pferd-batterie"

/** A reply with its body read. */
export interface Answer {
  readonly status: number
  readonly headers: Reply["headers"]
  readonly body: JsonObject
  readonly etag: string
}

/** What a call sends beside method and path. */
export interface AdminCall extends CallOptions {
  readonly ifMatch?: string
}

/** A service with the admin API, and calls of ann's. */
export interface AdminService {
  readonly service: TestService
  /** Ann's access token. */
  readonly token: string
  readonly ask: (method: string, path: string, call?: AdminCall) => Promise<Answer>
  /** The same with the ETag of a user, which is asked for first. */
  readonly change: (
    username: string,
    method: string,
    path: string,
    call?: AdminCall,
  ) => Promise<Answer>
  readonly tagOf: (username: string) => Promise<string>
}

/** Makes a service with the users alice, bob and ann, who administers. */
export async function createAdminService(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<AdminService> {
  const service = await createTestService(t, { adminApi: true, ...options })
  await service.accounts.create({ username: "ann", password: goodPassword })
  await service.accounts.addRole("ann", "admin")
  const token = await service.logIn("ann", goodPassword)
  service.log.takeAudit()
  return { service, token, ...callsOf(service, token) }
}

/** Calls with a token. */
export function callsOf(
  service: TestService,
  token: string,
): Pick<AdminService, "ask" | "change" | "tagOf"> {
  const ask: AdminService["ask"] = async (method, path, { ifMatch, ...call } = {}) => {
    const headers = { ...call.headers, ...(ifMatch === undefined ? {} : { "if-match": ifMatch }) }
    const reply = await service.call(method, path, { token, ...call, headers })
    const body = reply.body === "" ? {} : JSON.parse(reply.body)
    assert.equal(reply.headers["Cache-Control"], "no-store", `${method} ${path}`)
    return { ...reply, body, etag: reply.headers["ETag"] ?? "" }
  }
  const tagOf = async (username: string) =>
    (await ask("GET", `/admin/users/${encodeURIComponent(username)}`)).etag
  const change: AdminService["change"] = async (username, method, path, call = {}) => {
    const place = `/admin/users/${encodeURIComponent(username)}${path}`
    return ask(method, place, { ifMatch: await tagOf(username), ...call })
  }
  return { ask, change, tagOf }
}

/** Status and code of a refusal. */
export function refusal({ status, body }: Answer): readonly [number, unknown] {
  return [status, body["error"]]
}
