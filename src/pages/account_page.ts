// The account page: where the person is logged in, the password, and what happened lately.

import { deviceName } from "./device_names.ts"
import { agoInWords } from "./durations.ts"
import type { Fault, Refused } from "./fault_reply.ts"
import { doneNote, knownUsername, newPasswordField, passwordField, waitingNote } from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import { texts } from "./texts.ts"

/** A session as the page shows it. */
interface ShownSession {
  readonly sid: string
  readonly isThis: boolean
  readonly userAgent: string
  readonly address: string
  readonly secondsSinceUse: number
}

/** A login or failures of the past. */
interface ShownEvent {
  readonly address: string
  /** How often the password, or the code, was wrong; 0 for a login. */
  readonly failures: number
  readonly isCode: boolean
  readonly secondsAgo: number
}

/** What is wrong with a change of the password. */
export type PasswordFault = Fault<"no_current" | "no_new" | "wrong_current"> | Refused

const doneTexts = {
  changed: texts.account.changed,
  ended: texts.account.ended,
  others_ended: texts.account.othersEnded,
  totp_on: texts.account.totpOn,
  totp_added: texts.account.totpAdded,
  totp_off: texts.account.totpOff,
  trust_ended: texts.account.forgotten,
} as const

/** What was done just now. */
export type Done = keyof typeof doneTexts

/** All that may have been done. */
export const doneKinds = Object.keys(doneTexts) as readonly Done[]

/** An authenticator app that is on. */
interface ShownTotp {
  readonly secondsSinceOn: number
  readonly codesLeft: number
}

/** What the page shows. */
export interface AccountView {
  readonly username: string
  readonly secondsSinceLogin: number
  /** How the person logged in. */
  readonly ways: readonly ("pwd" | "otp" | "key")[]
  readonly sessions: readonly ShownSession[]
  /** The latest first. */
  readonly recent: readonly ShownEvent[]
  /** Null when none is on. */
  readonly totp: ShownTotp | null
  /** How many passkeys the person has. Null when there are none, and none can be made here. */
  readonly passkeys: number | null
  /** How many devices the person trusts. */
  readonly trustedCount: number
  /** Whether the password may be changed by this login. Otherwise the person logs in again. */
  readonly mayChangePassword: boolean
  readonly fault: PasswordFault | null
  readonly done: Done | null
}

/** The account page of one person. */
export function accountPage(view: AccountView, site: Site): Html {
  const { username, secondsSinceLogin, ways, sessions, recent, fault, done } = view
  const { account } = texts
  const hasOthers = sessions.some(({ isThis }) => !isThis)
  const main = html`<div class="top">${mark}<form class="inline" method="post" action="/logout">
<button class="button quiet small" type="submit">${account.logOut}</button></form></div>
<h1>${username}</h1>
<p class="lead">${account.since(secondsSinceLogin, ways)}</p>
${done === null ? null : doneNote(doneTexts[done])}
<h2>${account.sessions}</h2>
<ul class="rows">
${sessions.map(sessionRow)}</ul>
${hasOthers ? endOthersForm : null}
<h2>${account.how}</h2>
<ul class="rows">
${view.mayChangePassword ? null : passwordRow}${factorRows(view)}</ul>
${view.mayChangePassword ? passwordForm(username, fault) : null}
${recent.length === 0 ? null : recentList(recent)}`
  return layout({ title: account.title, main, isWide: true, isError: fault !== null }, site)
}

const endOthersForm = html`<form class="others" method="post" action="/account/logout-others"
 data-once><button class="button quiet small" type="submit">${texts.account.others}</button></form>`

function sessionRow(session: ShownSession): Html {
  const { account } = texts
  const name = deviceName(session.userAgent)
  const tag = session.isThis ? html` <span class="tag">${account.thisDevice}</span>` : null
  return html`<li><span><b>${name}</b>${tag}
<small>${session.address} · ${account.used(session.secondsSinceUse)}</small></span>
${session.isThis ? null : endForm(session.sid, name)}</li>
`
}

function endForm(sid: string, name: string): Html {
  const { logOut, logOutOf } = texts.account
  return html`<form class="inline" method="post" action="/account/sessions/end" data-once>
<input type="hidden" name="session" value="${sid}">
<button class="button quiet small" type="submit" aria-label="${logOutOf(name)}">${logOut}</button>
</form>`
}

// The password is changed with the second factor, too.
const passwordRow = html`<li><span><b>${texts.account.password}</b></span>
<a class="button quiet small" href="/login?again=1">${texts.account.change}</a></li>
`

function factorRows(view: AccountView): readonly Html[] {
  return [totpRow(view), passkeysRow(view), trustRow(view)].filter((row) => row !== null)
}

function totpRow({ totp, passkeys }: AccountView): Html {
  const { account } = texts
  const [state, action, label] =
    totp === null
      ? [account.totpIsOff(!passkeys), account.setUp, account.setUpTotp]
      : [account.totpIsOn(totp.secondsSinceOn, totp.codesLeft), account.manage, account.manageTotp]
  return html`<li><span><b>${account.totp}</b><small>${state}</small></span>
<a class="button quiet small" href="/account/totp" aria-label="${label}">${action}</a></li>
`
}

function trustRow({ trustedCount }: AccountView): Html | null {
  const { trusted, trustedCount: counted, forget } = texts.account
  if (trustedCount === 0) return null
  return html`<li><span><b>${trusted}</b><small>${counted(trustedCount)}</small></span>
<form class="inline" method="post" action="/account/trust/end" data-once>
<button class="button quiet small" type="submit">${forget}</button></form></li>
`
}

function passkeysRow({ passkeys }: AccountView): Html | null {
  const { account } = texts
  if (passkeys === null) return null
  const [state, action, label] =
    passkeys === 0
      ? [account.passkeysNone, account.add, account.addPasskey]
      : [account.passkeysCount(passkeys), account.manage, account.managePasskeys]
  return html`<li><span><b>${account.passkeys}</b><small>${state}</small></span>
<a class="button quiet small" href="/account/passkeys" aria-label="${label}">${action}</a></li>
`
}

function passwordForm(username: string, fault: PasswordFault | null): Html {
  const { account } = texts
  const isNew = fault?.kind === "no_new" || fault?.kind === "refused"
  const current = { error: errorOfCurrent(fault), isFocused: fault !== null && !isNew }
  const next = { error: errorOfNext(fault), isFocused: isNew }
  return html`<details${fault === null ? null : html` open`}><summary>${account.change}</summary>
${fault !== null && "waitSeconds" in fault ? waitingNote(fault) : null}
<form method="post" action="/password" data-once>
${knownUsername(username)}
${passwordField({ name: "current", label: account.current, ...current })}
${newPasswordField({ name: "new", label: account.next, ...next })}
<button class="button" type="submit">${account.submit}</button>
</form></details>`
}

function recentList(recent: readonly ShownEvent[]): Html {
  const { account } = texts
  const rows = recent.map(
    ({ address, failures, isCode, secondsAgo }) => html`<li><span>${account.event(failures, isCode)}
<small>${agoInWords(secondsAgo)} · ${address}</small></span></li>
`,
  )
  return html`<h2>${account.recent}</h2>
<ul class="rows">
${rows}</ul>
<p class="more">${account.recentHelp}</p>`
}

function errorOfCurrent(fault: PasswordFault | null): string | null {
  if (fault?.kind === "wrong_current") return texts.account.wrongCurrent
  return fault?.kind === "no_current" ? texts.account.noCurrent : null
}

function errorOfNext(fault: PasswordFault | null): string | null {
  if (fault?.kind === "refused") return fault.reason
  return fault?.kind === "no_new" ? texts.account.noNext : null
}
