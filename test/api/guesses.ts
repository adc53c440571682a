// Guesses at passwords, from as many clients as a test needs.

import assert from "node:assert/strict"
import type { Reply } from "../../src/http/message.ts"
import type { TestService } from "../support/test_service.ts"

/** What POST /login is sent, and from where. */
export interface Guess {
  readonly username?: string
  readonly password?: string
  readonly address?: string
  readonly deviceToken?: string | undefined
}

/** What a login that failed answers, whatever was wrong. */
export const badCredentials = [401, "invalid_credentials", "Bad username or password"] as const

/** Failures in a row, by strangers, after which an account is locked for them. */
export const strangersFailuresMax = 70

/** Each number is a client of its own. */
export function addressOf(number: number): string {
  return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`
}

/** Logs in, by default with a wrong password, as alice, from 127.0.0.1. */
export function guess(service: TestService, options: Guess = {}): Promise<Reply> {
  const { username = "alice", password = "a-guess", address, deviceToken } = options
  const json = { username, password, device_token: deviceToken }
  return service.call("POST", "/login", { json, ...(address === undefined ? {} : { address }) })
}

/** The status of each of some guesses, one after the other. */
export async function guessInTurn(
  service: TestService,
  guesses: Iterable<Guess>,
): Promise<readonly number[]> {
  const statuses: number[] = []
  for (const one of guesses) statuses.push((await guess(service, one)).status)
  return statuses
}

/** How many of some statuses there are of each. */
export function tally(statuses: Iterable<number>): Readonly<Record<number, number>> {
  const counts: Record<number, number> = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Guesses at an account until it is locked for strangers, each from a client of its own. */
export async function lockOut(service: TestService, username = "alice"): Promise<void> {
  const guesses = Array.from({ length: strangersFailuresMax }, (_, number) => ({
    username,
    address: addressOf(0xff_0000 + number),
  }))
  assert.deepEqual(tally(await guessInTurn(service, guesses)), { 401: strangersFailuresMax })
}

/** Guesses until it has to wait. */
export async function guessUntilDelayed(service: TestService, options: Guess = {}): Promise<void> {
  assert.deepEqual(tally(await guessInTurn(service, Array(5).fill(options))), { 401: 5 })
  assertDelayed(await guess(service, options), 1)
}

/** Holds that a reply asks to wait, for so many seconds. */
export function assertDelayed(reply: Reply, seconds: number): void {
  const msg = `Too many attempts: try again in ${seconds} s`
  assert.deepEqual(
    [reply.status, JSON.parse(reply.body), reply.headers["Retry-After"]],
    [429, { error: "too_many_requests", msg }, String(seconds)],
  )
}
