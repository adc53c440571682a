// The page between a right password and the session: it asks for a code of an authenticator app,
// for a passkey, or for a recovery code. It is shown again when one of them was refused.

import type { FactorMethod } from "../domain/factors.ts"
import type { Reply, RequestHead } from "../http/message.ts"
import type { FoundLogin } from "../service/factors/factor_login.ts"
import { usableMethods } from "../service/factors/relying_party.ts"
import { startOverAt } from "./factor_cookie.ts"
import { type Fault, formReply } from "./fault_reply.ts"
import {
  checkBox,
  codeField,
  errorNote,
  hiddenFields,
  recoveryField,
  waitingNote,
} from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import type { PageParts } from "./page_parts.ts"
import { passkeyForm } from "./passkey_form.ts"
import { texts } from "./texts.ts"
import { pathOf, type Way, wayFields } from "./way.ts"

/** Which code is asked for. Who has no app is asked for a passkey in the place of its code. */
export type CodeKind = "otp" | "recovery"

/** Why the code did not count. */
type CodeFault = Fault<"no_code" | "wrong" | "passkey">

/** What the page shows. */
export interface CodeView {
  readonly kind: CodeKind
  readonly username: string
  readonly way: Way
  /** How the person can show a second factor. */
  readonly methods: readonly FactorMethod[]
  /** For how long the device may be trusted, null for never; and whether that is ticked. */
  readonly trust: { readonly seconds: number | null; readonly isTicked: boolean }
  /** Where the login begins once more. */
  readonly startOver: string
  readonly fault: CodeFault | null
}

/** The page, with the fault of the last try. */
export function codePage(view: CodeView, site: Site): Html {
  const { kind, username, methods, fault } = view
  const { code } = texts
  const takesCode = kind === "recovery" || methods.includes("otp")
  const title = takesCode ? code[kind].title : code.passkey.title
  const lead = takesCode ? code[kind].lead(site.name) : code.passkey.lead(username)
  const takesPasskey = kind === "otp" && methods.includes("passkey")
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${lead}</p>
${noteOf(fault)}
${takesCode ? codeFormOf(view) : html`<p class="hint" id="no-passkeys">${code.passkey.without}</p>`}
${takesPasskey ? passkeyOf(view, { isMain: !takesCode }) : null}
<p class="more">${otherWay(view)} ${startOver(view)}</p>`
  return layout({ title, main, isError: fault !== null }, site)
}

function noteOf(fault: CodeFault | null): Html | null {
  if (fault === null) return null
  if ("waitSeconds" in fault) return waitingNote(fault)
  return fault.kind === "passkey" ? errorNote(texts.code.passkey.wrong, null) : null
}

function codeFormOf(view: CodeView): Html {
  const { kind, way } = view
  const { submit, label } = texts.code[kind]
  const field = kind === "otp" ? codeField : recoveryField
  return html`<form method="post" action="/login/code" data-once>
${hiddenFields({ ...wayFields(way), kind })}
${field({ label, error: errorOf(view), isFocused: true })}
${trustBox(view)}
<button class="button" type="submit">${submit}</button>
</form>`
}

function passkeyOf(view: CodeView, { isMain }: { readonly isMain: boolean }): Html {
  const { label, stopped } = texts.code.passkey
  const step = { ...wayFields(view.way), step: "factor" }
  // Beside a code, the script takes the tick over from the box of that form.
  const [fields, more] = isMain ? [step, trustBox(view)] : [{ ...step, trust: "" }, null]
  return passkeyForm({ action: "/login/passkey", fields, label, stopped, isMain, more })
}

function errorOf({ kind, fault }: CodeView): string | null {
  const { wrong, noCode } = texts.code[kind]
  if (fault?.kind === "wrong") return wrong
  return fault?.kind === "no_code" ? noCode : null
}

function trustBox({ trust: { seconds, isTicked } }: CodeView): Html | null {
  return seconds === null ? null : checkBox("trust", texts.code.trust(seconds), isTicked)
}

function otherWay({ kind, way, methods }: CodeView): Html | null {
  const { hasApp, useApp, hasPasskey, usePasskey, noApp, useRecovery } = texts.code
  if (kind === "recovery") {
    const [has, use] = methods.includes("otp") ? [hasApp, useApp] : [hasPasskey, usePasskey]
    return html`${has} <a href="${pathOf("/login/code", way)}">${use}</a>.`
  }
  if (!methods.includes("recovery")) return null
  const lost = methods.includes("otp") ? noApp : texts.code.noPasskey
  return html`${lost} <a href="${pathOf("/login/recovery", way)}">${useRecovery}</a>.`
}

function startOver({ username, startOver: href }: CodeView): Html {
  const { other, startOver: label } = texts.code
  return html`${other(username)} <a href="${href}">${label}</a>.`
}

/** A login that waits, and what its page needs beside it. */
interface WaitingPlace {
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
