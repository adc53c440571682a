// The page on which a login that can't go on sets up a second factor.

import type { RequestHead } from "../http/message.ts"
import type { FoundLogin } from "../service/factors/mfa_tickets.ts"
import { startOverAt } from "./factor_cookie.ts"
import type { PageParts } from "./page_parts.ts"
import { texts } from "./texts.ts"
import type { TotpPlace } from "./totp_reply.ts"
import { type Way, wayFields } from "./way.ts"

/** For whom it is, and where its forms go. */
export async function enrolPlaceOf(
  head: RequestHead,
  { login, way }: { readonly login: FoundLogin; readonly way: Way },
  parts: PageParts,
): Promise<TotpPlace> {
  const { other, startOver: label } = texts.code
  const { username } = login.user
  const href = await startOverAt(head, { way }, parts)
  return {
    ...{ username, isRequired: true, action: "/login/enrol", fields: wayFields(way) },
    passkeyAt: parts.hasPasskeys ? "/login/enrol/passkey" : null,
    notNow: { label: `${other(username)} ${label}`, href },
  }
}
