// The one script of the pages. It holds comforts only: every page works without it. Text in the
// program, like the sheet.

import { passkeyScript } from "./passkey_script.ts"
import { texts } from "./texts.ts"

const { show, hide, showLabel, hideLabel } = texts.password
const { copy, copied, print } = texts.recoveryCodes

/** The script: a module without imports. */
export const script = `// Comforts of Postern's pages: each works without this file.
const reveal = (input) => {
  const button = document.createElement("button")
  Object.assign(button, { type: "button", className: "reveal", textContent: "${show}" })
  button.setAttribute("aria-controls", input.id)
  button.setAttribute("aria-label", "${showLabel}")
  button.addEventListener("click", () => {
    const shown = input.type === "password"
    input.type = shown ? "text" : "password"
    button.textContent = shown ? "${hide}" : "${show}"
    button.setAttribute("aria-label", shown ? "${hideLabel}" : "${showLabel}")
    input.focus()
  })
  // Or the browser keeps the password as a text.
  input.form?.addEventListener("submit", () => { input.type = "password" })
  input.parentElement.classList.add("has-reveal")
  input.after(button)
}
for (const input of document.querySelectorAll("input[type=password]")) {
  reveal(input)
  const caps = document.getElementById(input.id + "-caps")
  for (const name of caps ? ["keydown", "keyup"] : []) {
    input.addEventListener(name, (e) => { caps.hidden = !e.getModifierState?.("CapsLock") })
  }
}
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (e) => {
    const button = form.querySelector("button[type=submit]")
    if (button.getAttribute("aria-disabled") === "true") return e.preventDefault()
    button.setAttribute("aria-disabled", "true")
    setTimeout(() => button.removeAttribute("aria-disabled"), 8000)
  })
}
const codes = document.getElementById("codes")
if (codes) {
  const tools = document.createElement("div")
  tools.className = "tools"
  const add = (text, act) => {
    const button = document.createElement("button")
    Object.assign(button, { type: "button", className: "button quiet small", textContent: text })
    button.addEventListener("click", () => act(button))
    tools.append(button)
  }
  add("${copy}", async (button) => {
    const lines = [...codes.children].map((item) => item.textContent)
    await navigator.clipboard.writeText(lines.join("\\n"))
    button.textContent = "${copied}"
  })
  add("${print}", () => print())
  codes.after(tools)
}
// A page from the back-forward cache may be of a session that is over.
addEventListener("pageshow", (e) => { if (e.persisted) location.reload() })
${passkeyScript}`
