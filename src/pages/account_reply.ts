// The account page as a reply: shown by GET /account, and again when a change of the password was
// refused.

import type { PastFailure } from "../domain/login_history.ts"
import { lacksOwnFactor } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"
import { type AccountView, accountPage, type Done, type PasswordFault } from "./account_page.ts"
import { formReply } from "./fault_reply.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"

/** What the page says beside the account. */
interface AccountNews {
  readonly done: Done | null
  readonly fault: PasswordFault | null
}

/** The page of a session's user. */
export async function accountReply(
  session: BrowserSession,
  { done, fault }: AccountNews,
  { site, sessions, cookieSessions, recentLogins, trust, relyingParty, clock }: PageParts,
): Promise<Reply> {
  const principal = cookieSessions.principalOf(session)
  const now = clock.now()
  const [listed, { logins, failures }] = await Promise.all([
    sessions.list(principal),
    recentLogins.find(principal.username),
  ])
  const { totp = null, passkeys = [], recoveryCodes = [] } = session.user.factors ?? {}
  const since = (at: number) => Math.max(0, now - at)
  const page = accountPage(
    {
      username: principal.username,
      secondsSinceLogin: principal.secondsSinceLogin ?? 0,
      ways: waysOf(principal),
      sessions: listed.map(({ sid, userAgent, address, lastUsedAt }) => ({
        ...{ sid, userAgent, address, isThis: sid === principal.sid },
        secondsSinceUse: since(lastUsedAt),
      })),
      recent: [...logins.map((login): PastFailure => ({ ...login, count: 0 })), ...failures]
        .sort((a, b) => b.at - a.at)
        .map(({ at, address, count, isCode = false }) => ({
          ...{ address, failures: count, isCode, secondsAgo: since(at) },
        })),
      totp: totp && {
        secondsSinceOn: since(totp.createdAt),
        codesLeft: recoveryCodes.length,
      },
      passkeys: passkeys.length > 0 || relyingParty !== null ? passkeys.length : null,
      trustedCount: trust.listOf(session.user).length,
      mayChangePassword: !lacksOwnFactor(principal),
      ...{ fault, done },
    },
    site,
  )
  return formReply(page, fault)
}

function waysOf({ amr }: { readonly amr: readonly string[] }): AccountView["ways"] {
  const hasKey = amr.some((way) => way === "hwk" || way === "swk")
  const has = { pwd: amr.includes("pwd"), otp: amr.includes("otp"), key: hasKey }
  return (["pwd", "otp", "key"] as const).filter((way) => has[way])
}
