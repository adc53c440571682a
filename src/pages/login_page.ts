// The login page: shown by GET /login, again when a login was refused, and to enter the password
// once more.

import type { DueStep } from "../domain/factor_requirement.ts"
import type { Identity } from "../http/guard.ts"
import type { Reply } from "../http/message.ts"
import { type Fault, formReply } from "./fault_reply.ts"
import {
  checkBox,
  errorNote,
  hiddenFields,
  knownUsername,
  passwordField,
  usernameField,
  waitingNote,
} from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { passkeyForm } from "./passkey_form.ts"
import { texts } from "./texts.ts"
import { type Way, wayFields } from "./way.ts"

/** Where a login leads: a page of a protected host, or nowhere but the account. */
export interface Destination {
  /** The host, as people see it. Null for the account. */
  readonly host: string | null
  /** Hidden fields that carry the rest of the way: names and values. */
  readonly fields: Readonly<Record<string, string>>
}

/** The reasons of `Over`. */
export const overs = ["late", "codes"] as const

/** Why a login ended between its password and its second factor. */
export type Over = (typeof overs)[number]

/** Why a login did not happen. */
type LoginFault = Fault<"no_username" | "no_password" | "wrong" | "passkey" | Over>

/** What the page shows. */
export interface LoginView {
  readonly destination: Destination
  readonly username: string
  readonly stays: boolean
  /** Whether this user is logged in and enters the password once more. */
  readonly isAgain: boolean
  /** Whether a passkey may take the place of the password. */
  readonly takesPasskeys: boolean
  /** What comes after the password of a person who is logged in; null when nothing does. */
  readonly next: DueStep | null
  readonly fault: LoginFault | null
}

/** The login page, with the fault of the last attempt. */
export function loginPage(view: LoginView, site: Site): Html {
  const { destination, username, stays, isAgain, takesPasskeys, fault } = view
  const { login } = texts
  const note = fault?.kind === "wrong" ? "error" : null
  const startsAtName = !isAgain && (username === "" || fault?.kind === "no_username")
  const nameError = fault?.kind === "no_username" ? login.noUsername : null
  const passwordError = fault?.kind === "no_password" ? login.noPassword : null
  const password = { note, error: passwordError, isFocused: !startsAtName }
  const fields = isAgain
    ? html`${knownUsername(username)}<input type="hidden" name="again" value="1">`
    : usernameField(username, {
        ...{ note, error: nameError, isFocused: startsAtName, takesPasskeys },
      })
  const title = isAgain ? login.again : login.title
  const main = html`${mark}
<h1>${title}</h1>
${leadOf(view)}
${noteOf(fault, site)}
<form method="post" action="/login" data-once>
${hiddenFields(destination.fields)}
${fields}
${passwordField({ name: "password", label: login.password, ...password })}
${isAgain ? null : checkBox("stay", texts.login.stay, stays)}
<button class="button" type="submit">${isAgain ? login.submitAgain : login.submit}</button>
</form>
${takesPasskeys ? passkeyOf(view) : null}
<p class="more">${isAgain ? html`<a href="/logout">${login.other}</a>` : login.help(site.name)}</p>`
  return layout({ title, main, isError: fault !== null }, site)
}

function passkeyOf({ destination, isAgain }: LoginView): Html {
  const { passkey: label, passkeyStopped: stopped } = texts.login
  const fields = { ...destination.fields, stay: "", again: isAgain ? "1" : "" }
  return passkeyForm({ action: "/login/passkey", fields, label, stopped })
}

function leadOf({ isAgain, next, username, destination: { host } }: LoginView): Html | null {
  const { login } = texts
  const leads = { factor: login.againForFactor, enrolment: login.againForEnrolment }
  const lead = next === null ? login.againLead : leads[next]
  if (isAgain) return html`<p class="lead">${lead(username)}</p>`
  return host === null ? null : html`<p class="lead">${login.to(host)}</p>`
}

function noteOf(fault: LoginFault | null, site: Site): Html | null {
  const { refused } = texts
  if (fault === null) return null
  if ("waitSeconds" in fault) return waitingNote(fault)
  if (fault.kind === "late") return errorNote(refused.late, refused.again)
  if (fault.kind === "passkey") return errorNote(refused.passkey, refused.passkeyHelp)
  if (fault.kind === "codes") return errorNote(refused.codes, refused.again)
  return fault.kind === "wrong" ? errorNote(refused.wrong, refused.wrongHelp(site.name)) : null
}

/** Who logs in, and where to. */
export interface LoginPlace extends Pick<LoginView, "username" | "stays" | "isAgain"> {
  readonly way: Way
  /** The session of this browser. */
  readonly before: BrowserSession | null
}

/** The page, with what was wrong. */
export function loginReply(
  { way, before, ...view }: LoginPlace,
  fault: LoginFault | null,
  {
    site,
    relyingParty,
    cookieSessions,
  }: Pick<PageParts, "site" | "relyingParty" | "cookieSessions">,
): Reply {
  const { username, stays, isAgain } = view
  const destination = { host: way.to?.host.name ?? null, fields: wayFields(way) }
  const own = before?.user.factors?.passkeys ?? []
  const takesPasskeys = relyingParty !== null && (!isAgain || own.length > 0)
  const next = before === null ? null : nextOf(cookieSessions.principalOf(before))
  const person = { username, stays, isAgain, next }
  const page = loginPage({ ...person, destination, takesPasskeys, fault }, site)
  return formReply(page, fault)
}

/** What comes after the password of the person who is logged in. */
function nextOf({
  mustEnrol,
  hasFactor,
}: Pick<Identity, "mustEnrol" | "hasFactor">): LoginView["next"] {
  if (mustEnrol) return "enrolment"
  return hasFactor ? "factor" : null
}
