// The part of the script that uses passkeys. A browser without them, or one that can't read options
// and write answers as JSON by itself, is shown no form for them.

/** Follows the comforts in script.ts. */
export const passkeyScript = `
// Passkeys. A form has the address of its options, and "make" for a new passkey.
const Passkey = globalThis.PublicKeyCredential
const askBrowser = (options, make, asked) => {
  const publicKey = make
    ? Passkey.parseCreationOptionsFromJSON(options)
    : Passkey.parseRequestOptionsFromJSON(options)
  return navigator.credentials[make ? "create" : "get"]({ ...asked, publicKey })
}
const passkeyForm = (form) => {
  const { passkey: address, make } = form.dataset
  const note = form.querySelector("[role=alert]")
  let waiting
  const use = async (mediation) => {
    waiting?.abort()
    const current = waiting = Object.assign(new AbortController(), { mediation })
    try {
      const body = new URLSearchParams(new FormData(form))
      const reply = await fetch(address, { method: "POST", body })
      // To the login page: the login is too old for this.
      if (reply.redirected) return location.assign(reply.url)
      const options = await reply.json()
      const answer = await askBrowser(options, make, { mediation, signal: current.signal })
      form.elements.credential.value = JSON.stringify(answer)
      // The ticks of the form beside it.
      for (const box of document.querySelectorAll("input[type=checkbox]")) {
        const own = form.elements[box.name]
        if (own && own !== box) own.value = box.checked ? box.value : ""
      }
      form.submit()
    } catch {
      // Stopped by the person or the browser, and not for another try.
      if (mediation || current.signal.aborted) return
      note.hidden = false
      offer()
    }
  }
  // In the field for the username, beside passwords.
  const offer = async () => {
    if (!document.querySelector("[autocomplete~=webauthn]")) return
    if (await Passkey.isConditionalMediationAvailable?.()) use("conditional")
  }
  // Options are good for five minutes.
  setInterval(() => { if (waiting?.mediation) offer() }, 240_000)
  form.addEventListener("submit", (e) => {
    e.preventDefault()
    note.hidden = true
    use()
  })
  form.hidden = false
  offer()
}
if (Passkey?.parseRequestOptionsFromJSON) {
  document.getElementById("no-passkeys")?.remove()
  for (const form of document.querySelectorAll("form[data-passkey]")) passkeyForm(form)
}
`
