// The form with which a person uses a passkey. Without script it can't work, so it is not shown:
// the script shows it, asks for options at the address in `data-passkey`, and sends the form with
// what the authenticator answered.

import { hiddenFields } from "./fields.ts"
import { type Html, html } from "./html.ts"

/** A form. */
interface PasskeyForm {
  /** Where it goes. The options are below that. */
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
  readonly label: string
  /** What is said when the person or the browser stops. */
  readonly stopped: string
  /** Whether it is what most people want here. */
  readonly isMain?: boolean
  /** Whether it makes a new passkey. */
  readonly makes?: boolean
  /** What people fill in before they use it. */
  readonly more?: Html | null
}

/** The form. */
export function passkeyForm(form: PasskeyForm): Html {
  const { action, fields, label, stopped, isMain = false, makes = false, more = null } = form
  const look = isMain ? "button" : "button quiet"
  return html`<form method="post" action="${action}" data-passkey="${action}/options"${makes ? html` data-make="1"` : null} hidden>
${hiddenFields({ ...fields, credential: "" })}
${more}
<button class="${look}" type="submit">${label}</button>
<p class="error" role="alert" hidden>${stopped}</p>
</form>`
}
