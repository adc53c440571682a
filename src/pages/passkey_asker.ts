// Who logs in by a passkey on a page: a browser, or a login whose password was right. A cookie with
// a random name makes a browser known again, so nobody else can use what it asked for.

import { readJsonObject } from "../domain/strict_json.ts"
import { cookieNames, readCookie, setCookie } from "../http/cookies.ts"
import type { RequestHead } from "../http/message.ts"
import type { PasskeyAsker } from "../service/factors/passkey_login.ts"
import { randomName } from "../system/random.ts"
import { findPendingLogin } from "./factor_cookie.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"

/** Longer than a challenge is good. */
const cookieSeconds = 600

/** The hidden fields by which a form says for what its passkey is. */
export const passkeyFields = ["step", "again"] as const

/** Their values. */
type PasskeyFields = Readonly<Record<(typeof passkeyFields)[number], string>>

/** The name of the browser that sent a request, and the cookie that keeps it. */
export function browserOf(head: RequestHead): { readonly name: string; readonly cookie: string } {
  const name = readCookie(head, cookieNames.passkey) ?? randomName()
  const cookie = setCookie(cookieNames.passkey, { value: name, maxAgeSeconds: cookieSeconds })
  return { name, cookie }
}

/** Who asks on a page. */
export type PageAsker = Exclude<PasskeyAsker, { readonly kind: "client" }>

/**
 * Who asks. Null for a login whose password was right and which is over. `before` is the session of
 * the browser: who logs in once more does so with a passkey of the same user.
 */
export async function findPasskeyAsker(
  head: RequestHead,
  { step, again }: PasskeyFields,
  { name, before }: { readonly name: string; readonly before: BrowserSession | null },
  parts: PageParts,
): Promise<PageAsker | null> {
  if (step !== "factor") {
    return { kind: "browser", cookie: name, user: again === "" ? null : (before?.user ?? null) }
  }
  const login = await findPendingLogin(head, parts)
  return login === null ? null : { kind: "login", login }
}

/** What the script put into a form. Any text but a JSON object is read as an empty one. */
export function readCredential(text: string): object {
  try {
    return readJsonObject(Buffer.from(text)).value
  } catch {
    return {}
  }
}
