// The page behind a link of the operator's: a new person, or one who forgot the password, chooses
// one.

import type { LinkKind } from "../domain/user.ts"
import type { Refused } from "./fault_reply.ts"
import { knownUsername, newPasswordField, type Waiting, waitingNote } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import { faultPage } from "./message_pages.ts"
import { texts } from "./texts.ts"

/** What the page shows. */
export interface WelcomeView {
  readonly kind: LinkKind
  readonly username: string
  readonly secondsLeft: number
  /** Whether the person's second factors go, too. */
  readonly removesFactors: boolean
  /** What is wrong with the chosen password, or why only time can help. */
  readonly fault: Refused | Waiting | null
}

/** The page on which the person chooses a password. */
export function welcomePage(view: WelcomeView, site: Site): Html {
  const { kind, username, secondsLeft, removesFactors, fault } = view
  const { link } = texts
  const { title, heading } = link[kind]
  const note = fault !== null && "waitSeconds" in fault ? waitingNote(fault) : null
  const error = fault?.kind === "refused" ? fault.reason : null
  const field = { name: "password", label: link.password, error, isFocused: true } as const
  const main = html`${mark}
<h1>${heading(username)}</h1>
<p class="lead">${link.lead(secondsLeft)}${removesFactors ? ` ${link.removesFactors}` : ""}</p>
${note}
<form method="post" action="/${kind}" data-once>
${knownUsername(username)}
${newPasswordField(field)}
<button class="button" type="submit">${link.submit}</button>
</form>`
  return layout({ title, main, isError: fault !== null }, site)
}

/** The page of a link that no longer works, or never did. */
export function linkGonePage(site: Site): Html {
  const { goneTitle: title, gone, goneHelp, login } = texts.link
  const lead = html`${gone} ${goneHelp(site.name)}`
  return faultPage({ title, lead, link: { label: login, href: "/login" } }, site)
}
