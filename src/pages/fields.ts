// The fields of forms: a label, an input as password managers want it, and the error beside it.

import { passwordCharactersMin } from "../password/policy.ts"
import { type Html, html } from "./html.ts"
import { texts } from "./texts.ts"

/** A field and what is wrong with it. */
interface FieldState {
  /** Beside the field; null when nothing is wrong with it alone. */
  readonly error?: string | null
  /** The id of a note that says what is wrong with this field and others. */
  readonly note?: string | null
  /** Whether the cursor starts in it. */
  readonly isFocused?: boolean
}

/** The longest name, so that a typed one is never cut. */
const usernameLengthMax = 254

/** A password field: which one, and what its label is. */
interface PasswordField extends FieldState {
  readonly name: "password" | "current" | "new"
  readonly label: string
}

/** What the field for a username offers. */
interface UsernameField extends FieldState {
  /** Whether browsers offer passkeys in it, beside passwords. */
  readonly takesPasskeys: boolean
}

/** The field for a username. */
export function usernameField(value: string, { takesPasskeys, ...state }: UsernameField): Html {
  const wanted = takesPasskeys ? "username webauthn" : "username"
  return html`<div><label for="username">${texts.login.username}</label>
<input id="username" name="username" value="${value}" required maxlength="${usernameLengthMax}"
 autocomplete="${wanted}" autocapitalize="none" autocorrect="off" spellcheck="false"
 enterkeyhint="next"${marks("username", state)}>${errorOf("username", state)}</div>`
}

/** A name that is not typed, in its own form field: so password managers know whose password it is. */
export function knownUsername(value: string): Html {
  return html`<input name="username" value="${value}" autocomplete="username" readonly hidden>`
}

/** The field for a password that the person has. */
export function passwordField({ name, label, ...state }: PasswordField): Html {
  return passwordInput({ name, label, ...state }, html` autocomplete="current-password"`, null)
}

/** The field for a password that the person chooses, with the rule. */
export function newPasswordField({ name, label, ...state }: PasswordField): Html {
  const rule = html`
<p class="hint" id="${name}-rule">${texts.link.rule(passwordCharactersMin)}</p>`
  const wanted = html` minlength="${passwordCharactersMin}" autocomplete="new-password"
 passwordrules="minlength: ${passwordCharactersMin}; maxlength: 128;"`
  return passwordInput({ name, label, ...state }, wanted, rule)
}

function passwordInput(
  { name, label, ...state }: PasswordField,
  wanted: Html,
  rule: Html | null,
): Html {
  const described = marks(name, state, rule === null ? null : `${name}-rule`)
  return html`<div><label for="${name}">${label}</label>
<div class="field"><input id="${name}" name="${name}" type="password" required${wanted}
 enterkeyhint="go"${described}></div>${errorOf(name, state)}${rule}
<p class="hint" id="${name}-caps" role="status" hidden>${texts.password.caps}</p></div>`
}

function errorOf(name: string, { error = null }: FieldState): Html | null {
  return error === null
    ? null
    : html`
<p class="error" id="${name}-error">${error}</p>`
}

/** The attributes that tie a field to its errors and its rule. */
function marks(
  name: string,
  { error = null, note = null, isFocused = false }: FieldState,
  rule: string | null = null,
): Html {
  const isWrong = error !== null || note !== null
  const descriptions = [note, error === null ? null : `${name}-error`, rule].filter(
    (id) => id !== null,
  )
  const invalid = isWrong ? html` aria-invalid="true"` : null
  const described =
    descriptions.length === 0 ? null : html` aria-describedby="${descriptions.join(" ")}"`
  return html`${invalid}${described}${isFocused ? html` autofocus` : null}`
}

/** A field for a code. */
interface CodeField extends FieldState {
  readonly label: string
}

/** The field for a code of an authenticator app. One field: several break what fills them in. */
export function codeField({ label, ...state }: CodeField): Html {
  return html`<div><label for="code">${label}</label>
<input class="code" id="code" name="code" required inputmode="numeric"
 autocomplete="one-time-code" pattern="[0-9 ]{6,8}" maxlength="8" title="${texts.code.digits}"
 enterkeyhint="go"${marks("code", state)}>${errorOf("code", state)}</div>`
}

/** The field for a recovery code, which has letters and digits. */
export function recoveryField({ label, ...state }: CodeField): Html {
  return html`<div><label for="code">${label}</label>
<input class="secret" id="code" name="code" required maxlength="64" autocomplete="off"
 autocapitalize="characters" autocorrect="off" spellcheck="false"
 enterkeyhint="go"${marks("code", state)}>${errorOf("code", state)}</div>`
}

/** A box to tick, beside its text. */
export function checkBox(name: "stay" | "trust", label: string, isTicked: boolean): Html {
  const checked = isTicked ? html` checked` : null
  return html`<label class="check"><input type="checkbox" name="${name}" value="1"${checked}>
${label}</label>`
}

/** The field for the name of a passkey, which may be empty. */
export function passkeyNameField(): Html {
  const { name, nameHint } = texts.passkeys
  return html`<div><label for="name">${name}</label>
<input id="name" name="name" maxlength="60" autocomplete="off" enterkeyhint="go"
 aria-describedby="name-hint">
<p class="hint" id="name-hint">${nameHint}</p></div>`
}

/** Hidden fields: names and values. */
export function hiddenFields(fields: Readonly<Record<string, string>>): readonly Html[] {
  return Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
}

/** A note above a form about what went wrong. */
export function errorNote(title: string, help: string | null): Html {
  const more = help === null ? null : html`<p>${help}</p>`
  return html`<div class="note bad" role="alert" id="error"><b>${title}</b>${more}</div>`
}

/** Why a form did nothing, when only time can help. */
export interface Waiting {
  readonly kind: "too_many" | "busy"
  readonly waitSeconds: number
}

/** A note about that. */
export function waitingNote({ kind, waitSeconds }: Waiting): Html {
  const { refused } = texts
  return kind === "busy"
    ? errorNote(refused.busy, refused.busyHelp(waitSeconds))
    : errorNote(refused.tooMany, refused.tooManyHelp(waitSeconds))
}

/** A note about what was done. */
export function doneNote(text: string): Html {
  return html`<div class="note" role="status">${text}</div>`
}
