// The pages of second factors in each of their states: well-formed, labelled, with the error beside
// its field and the cursor in it.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type CodeView, codePage } from "../../src/pages/code_page.ts"
import type { Html } from "../../src/pages/html.ts"
import {
  type PasskeysView,
  passkeysPage,
  type ShownPasskey,
} from "../../src/pages/passkeys_page.ts"
import { recoveryCodesPage } from "../../src/pages/recovery_codes_page.ts"
import { texts } from "../../src/pages/texts.ts"
import {
  type NewTotpView,
  newTotpPage,
  type TotpView,
  totpPage,
} from "../../src/pages/totp_page.ts"
import { noWay } from "../../src/pages/way.ts"
import { faultOf, hostile, site, tagsOf, testPages } from "./page_checks.ts"

const newTotp: NewTotpView = {
  offer: {
    ...{ secret: "GEZDGNBVGY3TQOJQ22", uri: "otpauth://totp/x?secret=G&issuer=x", sealed: "a.b" },
    qr: { size: 5, path: "M1 1h3v1h-3z" },
  },
  ...{ isRequired: false, action: "/account/totp", fields: { to: hostile } },
  ...{ notNow: { label: hostile, href: "/account" }, passkeyAt: null, fault: null },
}
const totp: TotpView = {
  ...{
    secondsSinceOn: 86_400,
    secondsSinceUse: 60,
    codesLeft: 8,
    mustKeep: false,
    hasPasskeys: false,
  },
}

const passkey: ShownPasskey = {
  ...{ id: "a", name: hostile, isSynced: false, secondsSinceAdded: 86_400, secondsSinceUse: null },
}
const passkeysView: PasskeysView = {
  ...{ passkeys: [], room: "free", mustKeep: false, isAlone: true, codesLeft: null },
  ...{ fields: { to: hostile }, fault: null, done: null },
}

const code: CodeView = {
  ...{ kind: "otp", username: hostile, methods: ["otp", "recovery"], startOver: "/login" },
  ...{ way: noWay, trust: { seconds: null, isTicked: false }, fault: null },
}

function codeWith(view: Partial<CodeView>): Html {
  return codePage({ ...code, ...view }, site)
}

function newTotpWith(view: Partial<NewTotpView>): Html {
  return newTotpPage({ ...newTotp, ...view }, site)
}

function passkeysWith(view: Partial<PasskeysView>): Html {
  return passkeysPage({ ...passkeysView, ...view }, site)
}

const pages: Readonly<Record<string, Html>> = {
  code: codeWith({}),
  "code with trust": codeWith({ trust: { seconds: 30 * 86_400, isTicked: false } }),
  "code with trust that is ticked": codeWith({ trust: { seconds: 3600, isTicked: true } }),
  "code without recovery": codeWith({ methods: ["otp"] }),
  "wrong code": codeWith({ fault: { kind: "wrong" } }),
  "no code": codeWith({ fault: { kind: "no_code" } }),
  "code in a crowd": codeWith({ fault: { kind: "busy", waitSeconds: 2 } }),
  recovery: codeWith({ kind: "recovery" }),
  "wrong recovery code": codeWith({ kind: "recovery", fault: { kind: "wrong" } }),
  "code or passkey": codeWith({ methods: ["otp", "recovery", "passkey"] }),
  passkey: codeWith({ methods: ["recovery", "passkey"] }),
  "wrong passkey": codeWith({ methods: ["passkey"], fault: { kind: "passkey" } }),
  "no recovery code": codeWith({ kind: "recovery", fault: { kind: "no_code" } }),
  "new app": newTotpWith({}),
  "new app for a login": newTotpWith({ isRequired: true }),
  "new app with a wrong code": newTotpWith({ fault: { kind: "wrong" } }),
  "new app without a code": newTotpWith({ fault: { kind: "no_code" } }),
  "new app with an old picture": newTotpWith({ fault: { kind: "stale" } }),
  "new app in a crowd": newTotpWith({ fault: { kind: "busy", waitSeconds: 4 } }),
  "new app too often": newTotpWith({ fault: { kind: "too_many", waitSeconds: 60 } }),
  "new app or a passkey": newTotpWith({ passkeyAt: "/account/passkeys?to=x" }),
  "new app or a passkey for a login": newTotpWith({
    ...{ isRequired: true, passkeyAt: "/login/enrol/passkey" },
  }),
  "new passkey that failed": newTotpWith({
    ...{ isRequired: true, passkeyAt: "/login/enrol/passkey", fault: { kind: "not_added" } },
  }),
  app: totpPage(totp, site),
  "app beside passkeys": totpPage({ ...totp, hasPasskeys: true }, site),
  "no passkeys": passkeysWith({}),
  "no passkeys here": passkeysWith({ room: "none_here" }),
  passkeys: passkeysWith({ passkeys: [passkey, { ...passkey, id: "b", isSynced: true }] }),
  "the last passkey": passkeysWith({ passkeys: [passkey], codesLeft: 0 }),
  "a passkey beside an app": passkeysWith({ passkeys: [passkey], isAlone: false, codesLeft: 9 }),
  "a passkey to keep": passkeysWith({ passkeys: [passkey], mustKeep: true }),
  "full of passkeys": passkeysWith({ passkeys: [passkey], room: "full" }),
  "a passkey that was added": passkeysWith({ passkeys: [passkey], done: "added" }),
  "a passkey that was removed": passkeysWith({ done: "removed" }),
  "a passkey that was refused": passkeysWith({ fault: { kind: "refused", reason: hostile } }),
  "passkeys too often": passkeysWith({ fault: { kind: "too_many", waitSeconds: 10 } }),
  "app to keep": totpPage({ ...totp, codesLeft: 0, mustKeep: true }, site),
  "recovery codes": recoveryCodesPage(
    { username: hostile, codes: ["0-AAAA", hostile], next: "/continue?to=x&st=y" },
    site,
  ),
}

testPages(pages)

test("a page with a mistake says so in its title, beside the field, and has the cursor there", () => {
  const rows: readonly (readonly [page: string, title: string, field: string, error: string])[] = [
    ["wrong code", "Enter your code", "code", texts.code.otp.wrong],
    ["no code", "Enter your code", "code", "Enter the code that your app shows."],
    ["wrong recovery code", "Use a recovery code", "code", texts.code.recovery.wrong],
    ["no recovery code", "Use a recovery code", "code", "Enter one of your recovery codes."],
    ["new app with a wrong code", "Add an authenticator app", "code", texts.totp.wrong],
    ["new app without a code", "Add an authenticator app", "code", texts.totp.noCode],
    ["new app with an old picture", "Add an authenticator app", "code", texts.totp.stale],
  ]
  for (const [name, title, field, error] of rows) {
    const page = pages[name] ?? assert.fail(name)
    assert.ok(String(page).includes(`<title>Error: ${title} – `), name)
    assert.deepEqual(faultOf(page), [field, error], name)
  }
  assert.deepEqual(faultOf(pages["code"] ?? assert.fail()), ["code", null])
})

test("codes may be filled in by browsers, and recovery codes may not", () => {
  const fields = (page: string) =>
    tagsOf(String(pages[page] ?? assert.fail()))
      .filter(({ name, attributes }) => name === "input" && attributes["autocomplete"])
      .map(({ attributes }) => [attributes["name"], attributes["autocomplete"]])
  assert.deepEqual(fields("code"), [["code", "one-time-code"]])
  assert.deepEqual(fields("new app"), [["code", "one-time-code"]])
  assert.deepEqual(fields("recovery"), [["code", "off"]])
})

test("the trust box names its time, starts unticked, and is left out where trust is off", () => {
  const boxes = (page: string) =>
    tagsOf(String(pages[page] ?? assert.fail()))
      .filter(({ attributes }) => attributes["type"] === "checkbox")
      .map(({ attributes }) => [attributes["name"], "checked" in attributes])
  assert.deepEqual(boxes("code"), [])
  assert.deepEqual(boxes("code with trust"), [["trust", false]])
  assert.deepEqual(boxes("code with trust that is ticked"), [["trust", true]])
  assert.match(String(pages["code with trust"]), /Don’t ask for a code on this device for 30 days/)
  assert.match(String(pages["code with trust that is ticked"]), /on this device for 60 minutes/)
})

test("the page of a new app shows the secret as a picture, in groups of four, and as a link", () => {
  const text = String(pages["new app"])
  assert.match(text, /<svg class="qr" role="img" aria-label="[^"]+" viewBox="0 0 5 5"/)
  assert.match(text, /<span class="secret">GEZD GNBV GY3T QOJQ 22</)
  assert.match(text, /<a href="otpauth:\/\/totp\/x\?secret=G&amp;issuer=x">/)
  assert.deepEqual(faultOf(newTotpWith({})), [undefined, null])
  assert.match(String(pages["new app for a login"]), /<title>Set up a second factor – /)
})

test("the page of an app says how many codes are left, and whether it may be turned off", () => {
  const text = String(pages["app"])
  assert.match(text, /8 of 10 are left\./)
  assert.match(text, /action="\/account\/totp\/off"/)
  const kept = String(pages["app to keep"])
  assert.match(kept, /None is left\./)
  assert.doesNotMatch(kept, /totp\/off/)
})

test("the page of passkeys says what may be removed, and what that means", () => {
  const forms = (page: string) => String(pages[page]).match(/action="[^"]+"/g) ?? []
  const remove = 'action="/account/passkeys/remove"'
  const add = 'action="/account/passkeys"'
  const renew = 'action="/account/recovery"'
  assert.deepEqual(forms("no passkeys"), [add])
  assert.deepEqual(forms("no passkeys here"), [])
  assert.deepEqual(forms("passkeys"), [remove, remove, add])
  assert.deepEqual(forms("the last passkey"), [remove, add, renew])
  assert.deepEqual(forms("a passkey to keep"), [add])
  assert.deepEqual(forms("full of passkeys"), [remove])
  const alone = "Without this one, your password alone logs you in."
  assert.ok(String(pages["the last passkey"]).includes(alone))
  assert.ok(!String(pages["a passkey beside an app"]).includes(alone))
  assert.ok(!String(pages["passkeys"]).includes(alone))
  assert.match(String(pages["passkeys"]), /added 24 hours ago · never used/)
})

test("the page of an app says that passkeys go on working without it", () => {
  assert.match(String(pages["app"]), /Your password alone then logs you in\./)
  assert.match(String(pages["app beside passkeys"]), /Your passkeys go on working\./)
  assert.match(String(pages["new app or a passkey"]), /<a href="\/account\/passkeys\?to=x">/)
  const enrolling = String(pages["new app or a passkey for a login"])
  assert.match(enrolling, /data-passkey="\/login\/enrol\/passkey\/options" data-make="1" hidden/)
})
