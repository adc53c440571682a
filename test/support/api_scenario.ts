// API scenarios as rows: what is sent, what comes back, what must not, and exactly which events
// were logged, so that `[]` proves that nothing else happened.

import assert from "node:assert/strict"
import { type TestContext, test } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import { type CallOptions, createTestService, type TestService } from "./test_service.ts"

/** A service in which alice has logged in. */
export interface PreparedService {
  readonly service: TestService
  /** Her access token. */
  readonly token: string
}

/** One row. */
export interface Scenario {
  /** `METHOD /path criterion`, the name of the test. */
  readonly name: string
  /** Brings the service into the state that the row is about. */
  readonly prepare?: (prepared: PreparedService) => unknown
  /** What is sent, given alice's token. Method and path come from the name. */
  readonly send?: CallOptions | ((token: string) => CallOptions)
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
  /** The names of all events but the access log's. */
  readonly events: readonly string[]
}

/** A prepared service for one test. */
export async function prepareService(
  t: TestContext,
  options: { readonly shared?: boolean } = {},
): Promise<PreparedService> {
  const service = await createTestService(t, options)
  const token = await service.logIn("alice", "wonderland")
  return { service, token }
}

/** Makes a test of each row, on a service of its own. */
export function testScenarios(scenarios: readonly Scenario[]): void {
  for (const scenario of scenarios) {
    test(scenario.name, async (t) => {
      const prepared = await prepareService(t)
      await scenario.prepare?.(prepared)
      prepared.service.log.takeNames()
      const reply = await sendScenario(scenario, prepared)
      checkReply(scenario, reply)
      assert.deepEqual(prepared.service.log.takeNames(), scenario.events)
    })
  }
}

/** Sends a row's request. */
export function sendScenario(
  { name, send = {}, query = "" }: Scenario,
  { service, token }: PreparedService,
): Promise<Reply> {
  const [method = "", path = ""] = name.split(" ")
  return service.call(method, `${path}${query}`, typeof send === "function" ? send(token) : send)
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
