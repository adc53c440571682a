// The pages of authenticator apps: to set one up, as part of a login or from the account, what
// comes after that, and to manage it.

import type { Reply } from "../http/message.ts"
import { type Fault, faultOf, formReply } from "./fault_reply.ts"
import { codeField, errorNote, hiddenFields, waitingNote } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import type { PageParts } from "./page_parts.ts"
import { pageReply, redirect } from "./page_reply.ts"
import { passkeyForm } from "./passkey_form.ts"
import { recoveryCodesPage, recoveryCodesRow } from "./recovery_codes_page.ts"
import { postButton, row } from "./rows.ts"
import { texts } from "./texts.ts"

/** A secret, as a page shows it. */
interface ShownSecret {
  /** As Base32. */
  readonly secret: string
  /** What the QR code says. */
  readonly uri: string
  readonly qr: { readonly size: number; readonly path: string }
  /** What the form sends back. */
  readonly sealed: string
}

/** Why the app was not set up. */
export type TotpFault = Fault<"no_code" | "wrong" | "stale" | "not_added">

/** What the page of a new app shows. */
export interface NewTotpView {
  readonly offer: ShownSecret
  /** Whether the login can't go on without it. */
  readonly isRequired: boolean
  /** Where the form goes, and hidden fields of it. */
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  /**
   * Where a passkey is made in the place of an app: the form for a login that can't go on, the page
   * for an account. Null where browsers make none.
   */
  readonly passkeyAt: string | null
  /** Where the person goes who does it another time. */
  readonly notNow: { readonly label: string; readonly href: string }
  readonly fault: TotpFault | null
}

/** The page of a new app. */
export function newTotpPage(view: NewTotpView, site: Site): Html {
  const { offer, isRequired, action, fields, notNow, fault } = view
  const { totp } = texts
  const title = isRequired ? totp.requiredTitle : totp.title
  const error = fault === null ? null : errorOf(fault)
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${isRequired ? totp.requiredLead(site.name) : totp.lead}</p>
${noteOf(fault)}
${picture(offer)}
<p class="hint key">${totp.cantScan} <span class="secret">${inGroups(offer.secret)}</span></p>
<p class="hint key">${totp.here} <a href="${offer.uri}">${totp.open}</a></p>
<form method="post" action="${action}" data-once>
${hiddenFields({ ...fields, offer: offer.sealed })}
${codeField({ label: totp.label, error, isFocused: fault !== null })}
<button class="button" type="submit">${totp.submit}</button>
</form>
${isRequired ? passkeyOf(view) : null}
<p class="more">${isRequired ? html`${totp.noApp} ` : passkeyLink(view)}
<a href="${notNow.href}">${notNow.label}</a></p>`
  return layout({ title, main, isError: fault !== null }, site)
}

function noteOf(fault: TotpFault | null): Html | null {
  if (fault === null) return null
  if ("waitSeconds" in fault) return waitingNote(fault)
  return fault.kind === "not_added" ? errorNote(texts.passkeys.failed, null) : null
}

function passkeyOf({ passkeyAt, fields }: NewTotpView): Html | null {
  if (passkeyAt === null) return null
  const { orPasskey, passkey: label } = texts.totp
  const { stopped } = texts.passkeys
  const form = { action: passkeyAt, fields, label, stopped, makes: true }
  return passkeyForm({ ...form, more: html`<p class="hint">${orPasskey}</p>` })
}

function passkeyLink({ passkeyAt }: NewTotpView): Html | null {
  return passkeyAt === null ? null : html`<a href="${passkeyAt}">${texts.totp.usePasskey}</a> · `
}

// White in the dark, too: not every app reads a code of light modules.
function picture({ qr: { size, path } }: ShownSecret): Html {
  return html`<svg class="qr" role="img" aria-label="${texts.totp.qr}" viewBox="0 0 ${size} ${size}"
 shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/>
<path fill="#000" d="${path}"/></svg>`
}

function inGroups(secret: string): string {
  return secret.replace(/.{4}(?=.)/g, "$& ")
}

function errorOf(fault: TotpFault): string | null {
  const { noCode, wrong, stale } = texts.totp
  const errors = { no_code: noCode, wrong, stale, not_added: null, too_many: null, busy: null }
  return errors[fault.kind]
}

/** What the page of an app shows. */
export interface TotpView {
  readonly secondsSinceOn: number
  readonly secondsSinceUse: number
  readonly codesLeft: number
  /** Whether the person may not turn it off. */
  readonly mustKeep: boolean
  /** Whether the person has passkeys beside it. */
  readonly hasPasskeys: boolean
}

/** The page of an app that is on. */
export function totpPage(view: TotpView, site: Site): Html {
  const { manageTotp: page } = texts
  const another = html`<a class="button quiet small" href="/account/totp/new"
 aria-label="${page.setUpAnother}">${page.setUp}</a>`
  const offHelp = view.hasPasskeys ? page.offHelpBeside : page.offHelp
  const off = view.mustKeep
    ? { text: page.keepsOne(site.name), action: null }
    : { text: offHelp, action: postButton("/account/totp/off", page.off) }
  const main = html`${mark}
<h1>${page.title}</h1>
<p class="lead">${page.on(view.secondsSinceOn)} ${page.used(view.secondsSinceUse)}</p>
<ul class="rows">
${recoveryCodesRow(view.codesLeft)}
${row(page.another, { text: page.anotherHelp, action: another })}
${row(page.offTitle, off)}
</ul>
<p class="more"><a href="/account">${page.back}</a></p>`
  return layout({ title: page.title, main, isWide: true }, site)
}

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
