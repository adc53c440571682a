// The tickets of logins between their password and their factor, as the store counts them: each has
// a few tries, and completes one login. Pure.

import type { TicketTries } from "./factors.ts"

/** A ticket, as a change of the factors names it. */
export type NamedTicket = Pick<TicketTries, "id" | "expiresAt">

/** A change with a ticket; null for a login that has none. */
export interface WithTicket {
  readonly ticket: NamedTicket | null
  /** When it is used. */
  readonly at: number
}

/**
 * Why a ticket does not count. "used": it completed a login, or has expired; "tries_over": it was
 * tried too often, or the user has too many tickets.
 */
export type RefusedTicket = "used" | "tries_over"

/** More logins than one user tries within the life of a ticket. */
export const ticketsMax = 500

/** A ticket is kept this much longer than it is good: the clock of another replica may be behind. */
const keptSeconds = 60

/** The tickets after one more try of one. */
export function countTry(
  tickets: readonly TicketTries[],
  { triesMax, ...use }: WithTicket & { readonly triesMax: number },
): readonly TicketTries[] | RefusedTicket {
  return change(tickets, use, (tried) =>
    tried.tries < triesMax ? { ...tried, tries: tried.tries + 1 } : "tries_over",
  )
}

/** The tickets after one has completed a login. */
export function useUp(
  tickets: readonly TicketTries[],
  use: WithTicket,
): readonly TicketTries[] | RefusedTicket {
  return change(tickets, use, (tried) => ({ ...tried, isUsed: true }))
}

/** The tickets without one of which nothing has to be remembered. */
export function forget(
  tickets: readonly TicketTries[],
  id: string | undefined,
): readonly TicketTries[] {
  return tickets.filter((one) => one.id !== id)
}

function change(
  tickets: readonly TicketTries[],
  { ticket, at }: WithTicket,
  changed: (tried: TicketTries) => TicketTries | RefusedTicket,
): readonly TicketTries[] | RefusedTicket {
  if (ticket === null) return tickets
  const { id, expiresAt } = ticket
  const known = tickets.find((one) => one.id === id)
  if (known?.isUsed || at >= expiresAt) return "used"
  const tried = changed(known ?? { id, expiresAt, tries: 0, isUsed: false })
  if (typeof tried === "string") return tried
  const others = tickets.filter((one) => one.id !== id && at < one.expiresAt + keptSeconds)
  return others.length < ticketsMax ? [...others, tried] : "tries_over"
}
