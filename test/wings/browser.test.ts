// The browser wing's route table in a literal, and in docs/browser.md: any change of protection
// shows here.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Limits, limitText } from "../../src/limit/limit.ts"
import { type RouteParts, routes } from "../../src/routes.ts"
import { enrolmentLimits, linkLimits } from "../../src/service/limits.ts"
import { type BrowserParts, createBrowserRoutes } from "../../src/wings/browser.ts"
import { readPage, tableOf } from "../support/page.ts"

const core = routes({
  sessions: {},
  machine: () => {},
  issuer: null,
} as unknown as RouteParts).flat()
const wing = createBrowserRoutes({
  machine: () => {},
  ...{ publicAddress: "https://login.example.org", name: "Home", hosts: [] },
  ...{ keys: {}, settings: {}, clock: {}, sessions: {} },
} as unknown as BrowserParts)
const rows = wing.groups(core).flat()

test("browserRoutes() are these, for these people", () => {
  assert.deepEqual(
    rows.map(([method, path, { access, takesBody }]) =>
      [method, path, `${access}${takesBody ? ", body" : ""}`].join(" "),
    ),
    [
      "GET /login anyone",
      "POST /login anyone; form: own page, body",
      "GET /login/code anyone",
      "GET /login/recovery anyone",
      "GET /login/enrol anyone",
      "POST /login/enrol own page, body",
      "POST /login/enrol/passkey/options own page, body",
      "POST /login/enrol/passkey own page, body",
      "POST /login/code anyone; form: own page, body",
      "POST /login/passkey/options anyone; form: own page, body",
      "POST /login/passkey anyone; form: own page, body",
      "GET /continue anyone",
      "GET /logout anyone",
      "POST /logout anyone; form: own page, body",
      "GET /denied anyone",
      "GET /account login cookie",
      "POST /account/sessions/end own page, login cookie, body",
      "POST /account/logout-others own page, login cookie, body",
      "POST /account/trust/end own page, login cookie, body",
      "GET /account/totp login cookie, fresh, own factor",
      "GET /account/totp/new login cookie, fresh, own factor",
      "POST /account/totp own page, login cookie, fresh, own factor, body",
      "POST /account/totp/off own page, login cookie, fresh, own factor, body",
      "GET /account/passkeys login cookie, fresh, own factor",
      "POST /account/passkeys/options own page, login cookie, fresh, own factor, body",
      "POST /account/passkeys own page, login cookie, fresh, own factor, body",
      "POST /account/passkeys/remove own page, login cookie, fresh, own factor, body",
      "POST /account/recovery own page, login cookie, fresh, own factor, body",
      "POST /password token, fresh, own factor; form: own page, login cookie, body",
      "GET /invite anyone",
      "POST /invite own page, body",
      "GET /reset anyone",
      "POST /reset own page, body",
      "GET /pages/{file} anyone",
      "GET /me token or cookie or service token",
      "GET /sessions token or cookie",
      "DELETE /sessions token or cookie, fresh",
      "DELETE /sessions/{sid} token or cookie, fresh",
      "GET /mfa token or cookie, even before enrolment",
      "POST /mfa/totp token or cookie or mfa_token, fresh, own factor, even before enrolment, body",
      "POST /mfa/totp/confirm token or cookie or mfa_token, fresh, own factor, even before enrolment, body",
      "POST /mfa/passkeys/options token or cookie or mfa_token, fresh, own factor, even before enrolment, body",
      "POST /mfa/passkeys token or cookie or mfa_token, fresh, own factor, even before enrolment, body",
      "POST /mfa/recovery token or cookie, fresh, own factor",
      "DELETE /mfa/{id} token or cookie, fresh, own factor",
    ],
  )
})

const protecting = createBrowserRoutes({
  machine: () => {},
  ...{ publicAddress: "https://login.example.org", name: "Home" },
  ...{ keys: {}, settings: {}, clock: {}, sessions: {}, log: {} },
  hosts: [{ name: "*.example.org", ports: [8443], rule: {} }],
} as unknown as BrowserParts)
const verifyRows = protecting.groups(core)[2] ?? []

test("createBrowserRoutes() has /verify only with protected hosts", () => {
  assert.deepEqual(
    verifyRows.map(([method, path, { access, asker, takesBody }]) =>
      [method, path, access, asker, takesBody].join(" "),
    ),
    [
      "ANY /verify/nginx trusted proxies nginx false",
      "ANY /verify/nginx/{rest*} trusted proxies nginx false",
      "ANY /verify/proxy trusted proxies proxy false",
      "ANY /verify/proxy/{rest*} trusted proxies proxy false",
      "ANY /verify/envoy/{rest*} trusted proxies proxy false",
    ],
  )
  assert.equal(wing.groups(core).length, 2)
})

test("isProtectedHost() goes by the name, whatever the port", () => {
  for (const host of ["a.example.org", "A.example.org.", "a.example.org:80"]) {
    assert.equal(protecting.isProtectedHost(host), true, host)
  }
  for (const host of ["login.example.org", "example.org", "a.b.example.org", "", "[::1]", "*"]) {
    assert.equal(protecting.isProtectedHost(host), false, host)
  }
})

test("browser.md lists the paths for proxies", () => {
  const written = tableOf(readPage("docs/browser.md"), "Path").map(([path]) => path)
  const paths = verifyRows.map(([, path]) => path.replace("{rest*}", ""))
  const own = paths.filter(
    (path, at) => !paths.includes(path.slice(0, -1)) && paths.indexOf(path) === at,
  )
  assert.deepEqual(
    written,
    own.map((path) => `\`${path}\``),
  )
})

const { offers, passkeys, recoveryCodes } = enrolmentLimits

/** Of the rows that have limits and are the wing's alone. */
const ownLimits: Readonly<Record<string, Limits>> = {
  "POST /invite": linkLimits,
  "POST /reset": linkLimits,
  "GET /login/enrol": { offers },
  "POST /login/enrol": { offers, recoveryCodes },
  "POST /login/enrol/passkey": { passkeys, recoveryCodes },
  "GET /account/totp": { offers },
  "GET /account/totp/new": { offers },
  "POST /account/totp": { offers, recoveryCodes },
  "POST /account/passkeys": { passkeys, recoveryCodes },
  "POST /account/recovery": { recoveryCodes },
}

test("browserRoutes() keep the limits of the routes whose place they take", () => {
  for (const [method, path, { limits }] of rows) {
    const replaced = core.find(([its, other]) => its === method && other === path)
    const own = Object.values(ownLimits[`${method} ${path}`] ?? {}).map(limitText)
    assert.deepEqual(limits, replaced?.[2].limits ?? own, path)
  }
})

test("browser.md lists the pages and forms", () => {
  const written = tableOf(readPage("docs/browser.md"), "Method").map((row) => row.slice(0, 3))
  assert.deepEqual(
    written,
    rows.map(([method, path, { access }]) => [method, `\`${path}\``, access]),
  )
})

test("groups() throws for a core without the routes that take forms", () => {
  assert.throws(() => wing.groups([]), {
    name: "TypeError",
    message: "There is no route 'POST /login' to add forms to",
  })
})
