// The page of a new authenticator app as a reply, for a login that has to set one up and for the
// account; and what comes after it.

import type { Reply } from "../http/message.ts"
import { faultOf, formReply } from "./fault_reply.ts"
import type { PageParts } from "./page_parts.ts"
import { pageReply, redirect } from "./page_reply.ts"
import { recoveryCodesPage } from "./recovery_codes_page.ts"
import { type NewTotpView, newTotpPage, type TotpFault } from "./totp_page.ts"

/** For whom an app is set up, and where. */
export interface TotpPlace
  extends Pick<NewTotpView, "isRequired" | "action" | "fields" | "passkeyAt" | "notNow"> {
  readonly username: string
}

/** The page, with the secret that it showed before or a new one. */
export async function newTotpReply(
  { username, ...place }: TotpPlace,
  last: { readonly sealed: string; readonly fault: TotpFault } | null,
  { site, factors }: PageParts,
): Promise<Reply> {
  const { sealed = null, fault = null } = last ?? {}
  const offer = await (await factors()).totp.offer(username, sealed)
  return formReply(newTotpPage({ ...place, offer, fault }, site), fault)
}

/** What to say about a first code that did not count. "over": the login has ended. */
export function totpFaultOf(error: unknown) {
  return faultOf(error, {
    ...({ invalid_code: "wrong", not_found: "stale" } as const),
    ...({ invalid_token: "over", invalid_request: "over" } as const),
  })
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
