// The page of a new authenticator app as a reply, for a login that has to set one up and for the
// account; and what comes after it.

import { AuthError } from "../errors.ts"
import type { Reply } from "../http/message.ts"
import { type FormState, formReply, waitingFault } from "./fault_reply.ts"
import type { PageParts } from "./page_parts.ts"
import { pageReply, redirect } from "./page_reply.ts"
import { recoveryCodesPage } from "./recovery_codes_page.ts"
import { type NewTotpView, newTotpPage, type TotpFault } from "./totp_page.ts"

/** For whom an app is set up, and where. */
export interface TotpPlace
  extends Pick<NewTotpView, "isRequired" | "action" | "fields" | "passkeyAt" | "notNow"> {
  readonly username: string
}

const statuses: FormState<TotpFault>["statuses"] = {
  ...{ no_code: 400, wrong: 403, stale: 400, passkey: 400 },
}

/** The page, with the secret that it showed before or a new one. */
export async function newTotpReply(
  { username, ...place }: TotpPlace,
  last: { readonly sealed: string; readonly fault: TotpFault } | null,
  { site, factors }: PageParts,
): Promise<Reply> {
  const { sealed = null, fault = null } = last ?? {}
  const offer = await (await factors()).offer(username, sealed)
  return formReply(newTotpPage({ ...place, offer, fault }, site), { fault, statuses })
}

/** What to say about a first code that did not count; null when the login is over. */
export function totpFaultOf(error: unknown): TotpFault | null {
  const waiting = waitingFault(error)
  if (waiting !== null) return waiting
  const code = error instanceof AuthError ? error.code : null
  if (code === "invalid_code") return { kind: "wrong" }
  if (code === "not_found") return { kind: "stale" }
  if (code === "invalid_token" || code === "invalid_request") return null
  throw error
}

/** Shows new recovery codes, or goes on where there are none. */
export function afterEnrolment(
  { username, codes }: { readonly username: string; readonly codes: readonly string[] | null },
  next: string,
  { cookies, site }: { readonly cookies: readonly string[] } & Pick<PageParts, "site">,
): Reply {
  if (codes === null) return redirect(next, cookies)
  return pageReply(recoveryCodesPage({ username, codes, next }, site), { cookies })
}
