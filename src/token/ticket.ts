// Tickets bring a login from the login host to a protected host: the browser carries one in the
// address of a redirect, and gets a cookie of that host for it. A ticket is good for one host, one
// minute, and the browser that has the state cookie of this login. The caller sees to it that each
// is used once.
//
//   base64url( JSON [id, sid, host, state, target, attempt, expiresAt] ) + "." + seal of that text

import { isSealOf, seal } from "./seal.ts"

/** The content of a ticket. */
export interface Ticket {
  /** A random name, by which its first use is found. */
  readonly id: string
  readonly sid: string
  /** The host that it is good for, in canonical form and without a port. */
  readonly host: string
  /** SHA-256 of the state cookie, as base64url. */
  readonly state: string
  /** Where the browser goes on to: an address of the host. */
  readonly target: string
  /** How often the hand-over was tried before, so that it is not tried for ever. */
  readonly attempt: number
  /** Epoch seconds. */
  readonly expiresAt: number
}

/** For how long a ticket is good. */
export const ticketSeconds = 60

/** Above the longest ticket: a target of 2,000 characters, each written as six. */
const lengthMax = 20_000

/** Makes a ticket. */
export function writeTicket(ticket: Ticket, cookieKey: Uint8Array): string {
  const { id, sid, host, state, target, attempt, expiresAt } = ticket
  const fields = JSON.stringify([id, sid, host, state, target, attempt, expiresAt])
  const text = Buffer.from(fields).toString("base64url")
  return `${text}.${seal("ticket", [text], cookieKey)}`
}

/** Reads a ticket, or gives null when it was not made with this key. It may have expired. */
export function readTicket(token: string, cookieKey: Uint8Array): Ticket | null {
  const dot = token.indexOf(".")
  if (dot === -1 || token.length > lengthMax) return null
  const text = token.slice(0, dot)
  if (!isSealOf(token.slice(dot + 1), "ticket", [text], cookieKey)) return null
  // The seal holds, so this is what writeTicket wrote.
  const fields = JSON.parse(Buffer.from(text, "base64url").toString())
  const [id, sid, host, state, target, attempt, expiresAt] = fields
  return { id, sid, host, state, target, attempt, expiresAt }
}
