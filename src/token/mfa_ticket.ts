// The ticket of a login between its password and its second factor. It opens nothing by itself. It
// is void when the user's password or tokens were reset, and the store sees to it that it completes
// one login.
//
//   ptm_ + base64url( JSON [id, username, due, medium, device, stays, expiresAt, version] )
//     + "." + seal of that text, of the kind "factor"
//   version = seal of ("version", password hash, tokensNotBefore), of the kind "factor"

import type { DueStep } from "../domain/factor_requirement.ts"
import type { User } from "../domain/user.ts"
import { isSealOf, seal } from "./seal.ts"

/** Who holds the ticket: a client of the JSON API, or a browser by its cookie. */
export type TicketMedium = "json" | "page"

/** The content of a ticket. */
export interface MfaTicket {
  /** A random name, by which the store counts its tries. */
  readonly id: string
  readonly username: string
  readonly due: DueStep
  readonly medium: TicketMedium
  /** The device that the password came from, if it was known (device_token.ts). */
  readonly device: string | null
  /** Whether the session is to outlive the browser's window. */
  readonly stays: boolean
  /** Epoch seconds. */
  readonly expiresAt: number
}

/**
 * For how long a ticket is good. Who has to set up a factor may have to get an app first: as long
 * as a login counts as fresh unless a setting says otherwise.
 */
export const mfaTicketSeconds: Readonly<Record<DueStep, number>> = { factor: 300, enrolment: 900 }

const prefix = "ptm_"
/** Above the longest ticket. */
const lengthMax = 1500
const form = /^ptm_([\w-]+)\.([\w-]{32})$/

/** Whether a text begins like a ticket. */
export function isMfaTicket(text: string): boolean {
  return text.startsWith(prefix)
}

/** Makes a ticket for a user as the record is now. */
export function writeMfaTicket(ticket: MfaTicket, user: User, key: Uint8Array): string {
  const { id, username, due, medium, device, stays, expiresAt } = ticket
  const fields = [id, username, due, medium, device, stays, expiresAt, versionOf(user, key)]
  const text = Buffer.from(JSON.stringify(fields)).toString("base64url")
  return `${prefix}${text}.${seal("factor", [text], key)}`
}

/** A ticket that was made with this key. It may have expired, or be void. */
export interface ReadMfaTicket extends MfaTicket {
  /** Whether it was made for this state of its user. */
  readonly isFor: (user: User) => boolean
}

/** Reads a ticket, or gives null when it was not made with this key. */
export function readMfaTicket(token: string, key: Uint8Array): ReadMfaTicket | null {
  const [, text, given] = (token.length <= lengthMax && form.exec(token)) || []
  if (text === undefined || given === undefined) return null
  if (!isSealOf(given, "factor", [text], key)) return null
  // The seal holds, so this is what writeMfaTicket wrote.
  const fields = JSON.parse(Buffer.from(text, "base64url").toString())
  const [id, username, due, medium, device, stays, expiresAt, version] = fields
  const isFor = (user: User) => versionOf(user, key) === version
  return { id, username, due, medium, device, stays, expiresAt, isFor }
}

function versionOf({ passwordHash, tokensNotBefore }: User, key: Uint8Array): string {
  return seal("factor", ["version", passwordHash, String(tokensNotBefore)], key)
}
