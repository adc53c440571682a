// Service tokens let machines in: a build, a backup, a Git or calendar client. The operator makes
// them (`postern token create`). A machine has no password, no session and no second factor, so its
// token says what it may do. Pure.
//
//   pts_ + 43 characters of base64url   the token; only its hash is stored
//   svc:NAME                            the machine in the place of a user: no username has a colon

import type { AssuranceLevel } from "./session.ts"

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

/** How a service token begins. */
export const serviceTokenPrefix = "pts_"

/** Uses within this time after one that was noted are not noted. */
export const useStepSeconds = 60

/** Whether a text was meant as a service token. An access token never begins like that. */
export function isServiceToken(text: string): boolean {
  return text.startsWith(serviceTokenPrefix)
}

/** The name of a machine where usernames stand. */
export function machineName(name: string): string {
  return `svc:${name}`
}

/** Whether a use is late enough after the noted one to be noted. */
export function isNoted({ lastUsedAt }: ServiceToken, { at }: ServiceTokenUse): boolean {
  return lastUsedAt === null || at >= lastUsedAt + useStepSeconds
}
