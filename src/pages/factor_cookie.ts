// The cookie of a login between its password and its second factor. It has the login's ticket, dies
// with it, and opens nothing by itself.

import { callerOf } from "../http/caller.ts"
import { cookieNames, deleteCookie, readCookie, setCookie } from "../http/cookies.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import type { FoundLogin } from "../service/factors/factor_login.ts"
import type { PendingLogin, StartedLogin } from "../service/session_start.ts"
import { cookiesOfLogin, findSession } from "./browser_cookies.ts"
import type { Over } from "./login_page.ts"
import type { PageParts } from "./page_parts.ts"
import { redirect } from "./page_reply.ts"
import { pathOf, type Way } from "./way.ts"

const noFactorCookie = deleteCookie(cookieNames.factor)

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
  const { factorLogin } = await factors()
  const asked = await factorLogin.ask(pending, { stays }, callerOf(head))
  const { ticket: value, expiresInSeconds: maxAgeSeconds } = asked
  const cookie = setCookie(cookieNames.factor, { value, maxAgeSeconds })
  return redirect(pathOf(places[asked.due], way), [cookie])
}

/** The login of the browser that sent a request, between its password and its factor; or null. */
export async function findPendingLogin(
  head: RequestHead,
  { factors }: PageParts,
): Promise<FoundLogin | null> {
  const ticket = readCookie(head, cookieNames.factor)
  return ticket === null ? null : (await factors()).factorLogin.find(ticket, callerOf(head))
}

/**
 * Answers a request for a step of a login. A login that needs another step is sent there, and one
 * that took too long starts over.
 */
export async function atStep(
  head: RequestHead,
  { due, way }: Pick<PendingLogin, "due"> & { readonly way: Way },
  parts: PageParts,
  answer: (login: FoundLogin) => Promise<Reply>,
): Promise<Reply> {
  const login = await findPendingLogin(head, parts)
  if (login === null) return startOver(head, { way, over: "late" }, parts)
  const { due: needed } = login.ticket
  return needed === due ? answer(login) : redirect(pathOf(places[needed], way))
}

/** Gives a browser the cookies of its login. The session that it had before ends. */
export async function completeLogin(
  head: RequestHead,
  started: StartedLogin,
  parts: PageParts,
): Promise<readonly string[]> {
  const before = await findSession(head, parts)
  await parts.cookieSessions.endReplaced(before?.session.sid ?? null, callerOf(head))
  return [...cookiesOfLogin(head, started, parts), noFactorCookie]
}

/** Begins a login once more, and says why. */
export async function startOver(
  head: RequestHead,
  why: { readonly way: Way; readonly over: Over },
  parts: PageParts,
): Promise<Reply> {
  return redirect(await startOverAt(head, why, parts), [noFactorCookie])
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
