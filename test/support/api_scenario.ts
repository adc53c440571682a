// API scenarios as rows: what is sent, what comes back, what must not, and exactly which events
// were logged, so that `[]` proves that nothing else happened.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { RefusalReason } from "../../src/errors.ts"
import type { Reply } from "../../src/http/message.ts"
import {
  type CallOptions,
  createTestService,
  home,
  type TestService,
  type TestServiceOptions,
  type TokenBody,
} from "./test_service.ts"

/** A service in which alice has logged in. */
export interface PreparedService {
  readonly service: TestService
  /** Her access token. */
  readonly token: string
  /** All that the login gave her. */
  readonly tokens: TokenBody
  /** Her session. */
  readonly sid: string
}

/** Makes what is sent from alice's token, and from all else that she has. */
export type Send = (token: string, prepared: PreparedService) => CallOptions | Promise<CallOptions>

/** One row. */
export interface Scenario {
  /** `METHOD /path criterion`, the name of the test. */
  readonly name: string
  /** Brings the service into the state that the row is about. */
  readonly prepare?: (prepared: PreparedService) => unknown
  /** How the service is set up. */
  readonly options?: TestServiceOptions
  /**
   * What is sent, given alice's token. Method and path come from the name, where `{sid}` stands for
   * alice's session.
   */
  readonly send?: CallOptions | Send
  /** Follows the path, from its `?` on. */
  readonly query?: string
  readonly status: number
  /** `error` and `msg`, when the whole body is these two. */
  readonly refusal?: readonly [error: string, msg: string]
  /** Members that the reply's JSON has. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Texts that the reply does not have anywhere. */
  readonly lacks?: readonly string[]
  /** What the access log says about a token that was refused, or ended nothing. */
  readonly reason?: RefusalReason
  /** All events but the access log's: name, user and reason, as far as there are such. */
  readonly events: readonly string[]
}

/** A prepared service for one test. */
export async function prepareService(
  t: TestContext,
  options: TestServiceOptions = {},
): Promise<PreparedService> {
  const service = await createTestService(t, options)
  const tokens = await service.start("alice", "wonderland")
  const token = tokens.access_token
  return { service, token, tokens, sid: String(claimsOf(token)["sid"]) }
}

/** The claims of a token, whose signature nobody looks at here. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString())
}

/** Uses a refresh token, which has to work. */
export async function refresh(service: TestService, refreshToken: string): Promise<TokenBody> {
  const json = { refresh_token: refreshToken }
  const reply = await service.call("POST", "/refresh", { json })
  assert.equal(reply.status, 200, reply.body)
  return JSON.parse(reply.body)
}

/** Holds that a reply refuses with this status, code and sentence. */
export function assertRefused(
  reply: Reply,
  [status, error, msg]: readonly [status: number, error: string, msg: string],
): void {
  assert.deepEqual([reply.status, JSON.parse(reply.body)], [status, { error, msg }])
}

/** Makes a test of each row, on a service of its own. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    test(scenario.name, async (t) => {
      const prepared = await prepareService(t, scenario.options)
      await scenario.prepare?.(prepared)
      takeEvents(prepared.service)
      const reply = await sendScenario(scenario, prepared)
      checkReply(scenario, reply)
      checkReason(scenario, { reply, ...prepared.service })
      assert.deepEqual(takeEvents(prepared.service), scenario.events)
    })
  }
}

/** Sends a row's request. */
export async function sendScenario(
  { name, send = {}, query = "" }: Scenario,
  prepared: PreparedService,
): Promise<Reply> {
  const { service, token, sid } = prepared
  const [method = "", path = ""] = name.replace(/\{s?id\}/, sid).split(" ")
  const options = typeof send === "function" ? await send(token, prepared) : send
  return service.call(method, `${path}${query}`, options)
}

/**
 * All events since the last time but the access log's, each with its user and its reason. Those of
 * the audit trail that a request caused have to tell which one, and from where.
 */
export function takeEvents({ log, exchanges }: TestService): string[] {
  const addresses = new Map(exchanges.map(({ id, options }) => [id, options.address ?? home]))
  return log.events
    .splice(0)
    .filter(({ event }) => event !== "request")
    .map(({ event, user, reason, level, request, client }) => {
      if (level === "audit" && request !== undefined) {
        assert.match(String(request), /^test-\d+$/)
        assert.equal(client, addresses.get(String(request)) ?? home)
      }
      return [event, user, reason].filter((text) => text !== undefined).join(" ")
    })
}

/** Codes of replies about a token, whose access line always says why. */
const tokenCodes: readonly string[] = [
  ...["missing_token", "invalid_token", "insufficient_scope"],
  "insufficient_user_authentication",
]

function checkReason(
  { reason }: Scenario,
  { reply, log }: { readonly reply: Reply; readonly log: TestService["log"] },
): void {
  const told = log.events.findLast(({ event }) => event === "request")?.["reason"]
  if (reason !== undefined) assert.equal(told, reason)
  const code = reply.body.startsWith("{") ? JSON.parse(reply.body).error : undefined
  if (tokenCodes.includes(code)) assert.ok(told !== undefined, `No reason beside ${code}`)
  if (reply.status === 200) assert.equal(told, undefined)
  assert.deepEqual(Object.keys(reply).sort(), ["body", "headers", "status"])
}

function checkReply(scenario: Scenario, reply: Reply): void {
  const { status, refusal, members = {}, headers = {}, lacks = [] } = scenario
  assert.equal(reply.status, status, reply.body)
  if (refusal !== undefined) {
    const [error, msg] = refusal
    assert.deepEqual(JSON.parse(reply.body), { error, msg })
  }
  const body = reply.body === "" ? {} : JSON.parse(reply.body)
  for (const [name, value] of Object.entries(members)) assert.deepEqual(body[name], value, name)
  for (const [name, value] of Object.entries(headers)) {
    assert.equal(reply.headers[name], value, name)
  }
  const whole = JSON.stringify(reply)
  for (const text of lacks) assert.ok(!whole.includes(text), `The reply has '${text}'`)
}
