// The page of a person's passkeys: which ones there are, and a form for another one. It is shown
// again when a passkey was not added.

import { passkeysMax } from "../domain/factor_change.ts"
import { isRequiredOf } from "../domain/factor_requirement.ts"
import { isEnrolled } from "../domain/factors.ts"
import type { Reply } from "../http/message.ts"
import { formReply, type Refused } from "./fault_reply.ts"
import {
  doneNote,
  errorNote,
  hiddenFields,
  passkeyNameField,
  type Waiting,
  waitingNote,
} from "./fields.ts"
import { type Html, html } from "./html.ts"
import { layout, mark, type Site } from "./layout.ts"
import type { BrowserSession, PageParts } from "./page_parts.ts"
import { passkeyForm } from "./passkey_form.ts"
import { recoveryCodesRow } from "./recovery_codes_page.ts"
import { texts } from "./texts.ts"
import { type Way, wayFields } from "./way.ts"

/** A passkey as the page shows it. */
export interface ShownPasskey {
  readonly id: string
  readonly name: string
  readonly isSynced: boolean
  readonly secondsSinceAdded: number
  /** Null when it was never used. */
  readonly secondsSinceUse: number | null
}

/** Why a passkey was not added. */
type PasskeyFault = Refused | Waiting

/** What may have been done just now. */
export const passkeyDoneKinds = ["added", "removed"] as const

/** What was done just now. */
export type PasskeyDone = (typeof passkeyDoneKinds)[number]

/** What the page shows. */
export interface PasskeysView {
  readonly passkeys: readonly ShownPasskey[]
  /** Whether a passkey can be added. "none_here": browsers make none for this address. */
  readonly room: "free" | "full" | "none_here"
  /** Whether the last one has to stay. */
  readonly mustKeep: boolean
  /** Whether the password alone logs in after the last one. */
  readonly isAlone: boolean
  /** Null when the person has no second factor. */
  readonly codesLeft: number | null
  /** Hidden fields that carry the way. */
  readonly fields: Readonly<Record<string, string>>
  readonly fault: PasskeyFault | null
  readonly done: PasskeyDone | null
}

/** The page. */
export function passkeysPage(view: PasskeysView, site: Site): Html {
  const { passkeys, codesLeft, fault, done } = view
  const { passkeys: page } = texts
  const main = html`${mark}
<h1>${page.title}</h1>
<p class="lead">${page.lead}</p>
${fault === null ? null : noteOf(fault)}
${done === null ? null : doneNote(page[done])}
${passkeys.length === 0 ? null : list(view, site)}
<h2>${page.add}</h2>
${addPart(view, site)}
${codesLeft === null ? null : html`<ul class="rows apart">${recoveryCodesRow(codesLeft)}</ul>`}
<p class="more"><a href="/account">${page.back}</a></p>`
  return layout({ title: page.title, main, isWide: true, isError: fault !== null }, site)
}

function noteOf(fault: PasskeyFault): Html {
  return "waitSeconds" in fault ? waitingNote(fault) : errorNote(fault.reason, null)
}

function list({ passkeys, mustKeep, isAlone }: PasskeysView, site: Site): Html {
  const { removeHelp, removeLast, keepsOne } = texts.passkeys
  const isLast = passkeys.length === 1 && isAlone
  const isKept = passkeys.length === 1 && mustKeep
  const more = isLast ? html` ${removeLast}` : null
  return html`<ul class="rows">
${passkeys.map((passkey) => row(passkey, isKept))}</ul>
<p class="hint">${isKept ? keepsOne(site.name) : html`${removeHelp}${more}`}</p>`
}

function row(passkey: ShownPasskey, isKept: boolean): Html {
  const { name, isSynced, secondsSinceAdded, secondsSinceUse } = passkey
  const { about, synced } = texts.passkeys
  const tag = isSynced ? html` <span class="tag">${synced}</span>` : null
  return html`<li><span><b>${name}</b>${tag}
<small>${about(secondsSinceAdded, secondsSinceUse)}</small></span>
${isKept ? null : removeForm(passkey)}</li>
`
}

function removeForm({ id, name }: ShownPasskey): Html {
  const { remove, removeOf } = texts.passkeys
  return html`<form class="inline" method="post" action="/account/passkeys/remove" data-once>
${hiddenFields({ passkey: id })}
<button class="button quiet small" type="submit" aria-label="${removeOf(name)}">${remove}</button>
</form>`
}

function addPart({ room, fields }: PasskeysView, site: Site): Html {
  const { passkeys: page } = texts
  if (room === "none_here") return html`<p>${page.noneHere(site.host)}</p>`
  if (room === "full") return html`<p>${page.full}</p>`
  const form = passkeyForm({
    ...{ action: "/account/passkeys", fields, label: page.add, stopped: page.stopped },
    ...{ makes: true, isMain: true, more: passkeyNameField() },
  })
  return html`<p class="hint" id="no-passkeys">${page.without}</p>
${form}`
}

/** What the page says beside the passkeys. */
interface PasskeyNews {
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
