// The cookie of a login between its password and its second factor. It has the login's ticket, dies
// with it, and opens nothing by itself.

import { callerOf } from "../http/caller.ts"
import { cookieNames, deleteCookie, readCookie, setCookie } from "../http/cookies.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import type { FoundLogin } from "../service/factors/mfa_tickets.ts"
import type { PendingLogin } from "../service/session_start.ts"
import { findSession } from "./browser_cookies.ts"
import type { Over } from "./login_page.ts"
import type { PageParts } from "./page_parts.ts"
import { redirect } from "./page_reply.ts"
import { pathOf, type Way } from "./way.ts"

/** Deletes the cookie. */
export const noFactorCookie = deleteCookie(cookieNames.factor)

const places: Readonly<Record<PendingLogin["due"], string>> = {
  factor: "/login/code",
  enrolment: "/login/enrol",
}

/** Sends a browser whose password was right to the page of its second factor. */
export async function askForFactor(
  pending: PendingLogin,
  { way, stays }: { readonly way: Way; readonly stays: boolean },
  head: RequestHead,
  { factors }: PageParts,
): Promise<Reply> {
  const asked = await (await factors()).ask(pending, { stays }, callerOf(head))
  const { ticket: value, expiresInSeconds: maxAgeSeconds } = asked
  const cookie = setCookie(cookieNames.factor, { value, maxAgeSeconds })
  return redirect(pathOf(places[asked.due], way), [cookie])
}

/** Sends a browser to the page of the step that its login needs. */
export function toItsStep({ ticket: { due } }: FoundLogin, way: Way): Reply {
  return redirect(pathOf(places[due], way))
}

/** The login of the browser that sent a request, between its password and its factor; or null. */
export async function findPendingLogin(
  head: RequestHead,
  { factors }: PageParts,
): Promise<FoundLogin | null> {
  const ticket = readCookie(head, cookieNames.factor)
  return ticket === null ? null : (await factors()).find(ticket, callerOf(head))
}

/** Where a login begins once more, perhaps with the reason why it has to. */
export async function startOverAt(
  head: RequestHead,
  { way, over = null }: { readonly way: Way; readonly over?: Over | null },
  parts: PageParts,
): Promise<string> {
  // Who is logged in enters the password again, instead of being sent on.
  const again = (await findSession(head, parts)) === null ? {} : { again: "1" }
  return pathOf("/login", way, { ...again, ...(over === null ? {} : { over }) })
}
