// Recovery codes: how many are left, and the page of new ones, which nobody sees again.

import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import { postButton, row } from "./rows.ts"
import { texts } from "./texts.ts"

/** A row that says how many codes are left, and makes new ones. */
export function recoveryCodesRow(codesLeft: number): Html {
  const { codes, codesLeft: left, renew, renewHelp } = texts.manageTotp
  const text = html`${left(codesLeft)} ${renewHelp}`
  return row(codes, { text, action: postButton("/account/recovery", renew) })
}

/** What the page shows. */
interface RecoveryCodesView {
  readonly username: string
  readonly codes: readonly string[]
  /** Where the person goes on to. */
  readonly next: string
}

/** The page. */
export function recoveryCodesPage({ username, codes, next }: RecoveryCodesView, site: Site): Html {
  const { title, lead, saved } = texts.recoveryCodes
  const items = codes.map((code) => html`<li>${code}</li>\n`)
  const main = html`${mark}
<h1>${title}</h1>
<p class="lead">${lead(username, site.name)}</p>
<ul class="codes" id="codes">
${items}</ul>
<p class="action"><a class="button" href="${next}">${saved}</a></p>`
  return layout({ title, main }, site)
}
