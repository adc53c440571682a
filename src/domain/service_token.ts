// Service tokens let machines in: a build, a backup, a Git or calendar client. The operator makes
// them (`postern token create`). A machine has no password, no session and no second factor, so its
// token says what it may do. Pure.
//
//   pts_ + 43 characters of base64url   the token; only its hash is stored
//   svc:NAME                            the machine in the place of a user: no username has a colon

import { secondsPerUnit } from "./duration.ts"
import type { AssuranceLevel } from "./session.ts"
import { canonicalUsername } from "./username.ts"

/** A service token as the store has it. Instants are epoch seconds. */
export interface ServiceToken {
  /** A name in the form of usernames (username.ts). */
  readonly name: string
  /** The hash of the token's text (token/service_token.ts). */
  readonly hash: string
  readonly roles: readonly string[]
  /** Whether it counts as a fresh login: the operator said so. */
  readonly fresh: boolean
  /** The assurance that it counts as: "aal2" only if the operator said so. */
  readonly acr: AssuranceLevel
  readonly createdAt: number
  readonly expiresAt: number
  /** About when it was last used; null before the first use. */
  readonly lastUsedAt: number | null
  /** From where; empty before the first use. */
  readonly lastAddress: string
}

/** A use of a service token. */
export interface ServiceTokenUse {
  readonly at: number
  readonly address: string
}

/** The shortest and the longest life. The longest leaves a month to replace a token once a year. */
export const lifeBounds = { least: "1h", most: "400d", usual: "90d" } as const

/** How the name of a machine begins. */
const machineStart = "svc:"

/** How a service token begins. */
export const serviceTokenPrefix = "pts_"

/** Uses within this time of one that was noted are not noted. */
export const useStepSeconds = 60

/** Whether a text was meant as a service token. An access token never begins like that. */
export function isServiceToken(text: string): boolean {
  return text.startsWith(serviceTokenPrefix)
}

/** The name of a machine where usernames stand. */
export function machineName(name: string): string {
  return `${machineStart}${name}`
}

/** Whether a name that stands where usernames do is a machine's. */
export function isMachineName(username: string): boolean {
  return username.startsWith(machineStart)
}

/**
 * The seconds of a life such as `12h` or `90d`. Null for another text, and out of bounds: there is
 * no token for ever, since nobody would remember what it opens.
 */
export function readLife(text: string): number | null {
  const seconds = secondsOf(text)
  const [least, most] = [secondsOf(lifeBounds.least), secondsOf(lifeBounds.most)]
  return seconds >= least && seconds <= most ? seconds : null
}

function secondsOf(text: string): number {
  const [, count, unit = ""] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  return Number(count) * (secondsPerUnit[unit] ?? Number.NaN)
}

/** The canonical form of a typed username, or of `svc:NAME`. Null when it can be neither. */
export function canonicalPrincipal(typed: string): string | null {
  const [, name] = /^svc:(.*)$/is.exec(typed) ?? []
  if (name === undefined) return canonicalUsername(typed)
  const canonical = canonicalUsername(name)
  return canonical === null ? null : machineName(canonical)
}

/** Whether a use is late enough after the noted one; or long before it, by a clock set back. */
export function isNoted({ lastUsedAt }: ServiceToken, { at }: ServiceTokenUse): boolean {
  return lastUsedAt === null || Math.abs(at - lastUsedAt) >= useStepSeconds
}
