// The page between a right password and the session: it asks for a code of an authenticator app, or
// for a recovery code.

import {
  checkBox,
  codeField,
  hiddenFields,
  recoveryField,
  type Waiting,
  waitingNote,
} from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import { texts } from "./texts.ts"
import { pathOf, type Way, wayFields } from "./way.ts"

/** Which code is asked for. */
export type CodeKind = "otp" | "recovery"

/** Why the code did not count. */
export type CodeFault = { readonly kind: "no_code" | "wrong" } | Waiting

/** What the page shows. */
export interface CodeView {
  readonly kind: CodeKind
  readonly username: string
  readonly way: Way
  /** Whether the person has recovery codes left. */
  readonly canRecover: boolean
  /** For how long the device may be trusted, null for never; and whether that is ticked. */
  readonly trust: { readonly seconds: number | null; readonly isTicked: boolean }
  /** Where the login begins once more. */
  readonly startOver: string
  readonly fault: CodeFault | null
}

/** The page, with the fault of the last try. */
export function codePage(view: CodeView, site: Site): Html {
  const { kind, way, fault } = view
  const { title, lead, submit, label } = texts.code[kind]
  const error = fault === null ? null : errorOf(view)
  const field = kind === "otp" ? codeField : recoveryField
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${lead(site.name)}</p>
${fault !== null && "waitSeconds" in fault ? waitingNote(fault) : null}
<form method="post" action="/login/code" data-once>
${hiddenFields({ ...wayFields(way), kind })}
${field({ label, error, isFocused: true })}
${trustBox(view)}
<button class="button" type="submit">${submit}</button>
</form>
<p class="more">${otherWay(view)} ${startOver(view)}</p>`
  return layout({ title, main, isError: fault !== null }, site)
}

function errorOf({ kind, fault }: CodeView): string | null {
  const { wrong, noCode } = texts.code[kind]
  if (fault?.kind === "wrong") return wrong
  return fault?.kind === "no_code" ? noCode : null
}

function trustBox({ trust: { seconds, isTicked } }: CodeView): Html | null {
  return seconds === null ? null : checkBox("trust", texts.code.trust(seconds), isTicked)
}

function otherWay({ kind, way, canRecover }: CodeView): Html | null {
  const { hasApp, useApp, noApp, useRecovery } = texts.code
  if (kind === "recovery") {
    return html`${hasApp} <a href="${pathOf("/login/code", way)}">${useApp}</a>.`
  }
  if (!canRecover) return null
  return html`${noApp} <a href="${pathOf("/login/recovery", way)}">${useRecovery}</a>.`
}

function startOver({ username, startOver: href }: CodeView): Html {
  const { other, startOver: label } = texts.code
  return html`${other(username)} <a href="${href}">${label}</a>.`
}
