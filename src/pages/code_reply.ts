// The page of the second factor as a reply: shown by GET /login/code and /login/recovery, and again
// when a code or a passkey was refused.

import type { Reply, RequestHead } from "../http/message.ts"
import type { FoundLogin } from "../service/factors/factor_login.ts"
import { usableMethods } from "../service/factors/relying_party.ts"
import { type CodeFault, type CodeKind, codePage } from "./code_page.ts"
import { startOverAt } from "./factor_cookie.ts"
import { formReply } from "./fault_reply.ts"
import type { PageParts } from "./page_parts.ts"
import type { Way } from "./way.ts"

/** A login that waits, and what its page needs beside it. */
export interface WaitingPlace {
  readonly login: FoundLogin
  readonly way: Way
  readonly kind: CodeKind
  /** Whether the person ticked to trust the device. */
  readonly trusts: boolean
}

/** The page, with what was wrong. */
export async function codeReply(
  head: RequestHead,
  { login, way, kind, trusts }: WaitingPlace,
  fault: CodeFault | null,
  parts: PageParts,
): Promise<Reply> {
  const { username, factors } = login.user
  const methods = usableMethods(factors, parts)
  const startOver = await startOverAt(head, { way }, parts)
  const trust = { seconds: parts.trust.seconds, isTicked: trusts }
  const page = codePage({ kind, username, way, methods, trust, startOver, fault }, parts.site)
  return formReply(page, fault)
}
