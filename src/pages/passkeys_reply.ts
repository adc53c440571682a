// The page of a person's passkeys as a reply: shown by GET /account/passkeys, and again when a
// passkey was not added.

import { passkeysMax } from "../domain/factor_change.ts"
import { isRequiredOf } from "../domain/factor_requirement.ts"
import { isEnrolled } from "../domain/factors.ts"
import type { Reply } from "../http/message.ts"
import { formReply } from "./fault_reply.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { type PasskeyDone, type PasskeyFault, passkeysPage } from "./passkeys_page.ts"
import { type Way, wayFields } from "./way.ts"

/** What the page says beside the passkeys. */
export interface PasskeyNews {
  readonly way: Way
  readonly done: PasskeyDone | null
  readonly fault: PasskeyFault | null
}

/** The page of a session's user. */
export function passkeysReply(
  { user }: BrowserSession,
  { way, done, fault }: PasskeyNews,
  { site, requirement, relyingParty, clock }: PageParts,
): Reply {
  const { totp = null, passkeys = [], recoveryCodes = [] } = user.factors ?? {}
  const since = (at: number) => Math.max(0, clock.now() - at)
  const room = passkeys.length < passkeysMax ? "free" : "full"
  const page = passkeysPage(
    {
      passkeys: passkeys.map(({ id, name, isSynced, createdAt, lastUsedAt }) => ({
        ...{ id, name, isSynced, secondsSinceAdded: since(createdAt) },
        secondsSinceUse: lastUsedAt === null ? null : since(lastUsedAt),
      })),
      room: relyingParty !== null ? room : "none_here",
      mustKeep: totp === null && isRequiredOf(user, requirement),
      isAlone: totp === null,
      codesLeft: isEnrolled(user.factors) ? recoveryCodes.length : null,
      ...{ fields: wayFields(way), fault, done },
    },
    site,
  )
  return formReply(page, fault)
}
