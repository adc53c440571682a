// Each page in each of its states, with ordinary and hostile names: well-formed, labelled, with the
// error beside its field and the cursor in it.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FoundHost } from "../../src/domain/access_rule.ts"
import { type AccountView, accountPage } from "../../src/pages/account_page.ts"
import type { Html } from "../../src/pages/html.ts"
import { type LoginView, loginPage } from "../../src/pages/login_page.ts"
import {
  cookiePage,
  deniedPage,
  faultPage,
  loggedOutPage,
  logOutPage,
  noFactorPage,
  notDeniedPage,
} from "../../src/pages/message_pages.ts"
import { linkGonePage, type WelcomeView, welcomePage } from "../../src/pages/welcome_page.ts"
import { faultOf, hostile, shown, site, tagsOf, testPages } from "./page_checks.ts"

const login: LoginView = {
  destination: { host: null, fields: {} },
  ...{ username: "", stays: false, isAgain: false, next: null, takesPasskeys: true, fault: null },
}
const account: AccountView = {
  ...{ username: hostile, secondsSinceLogin: 5, ways: ["pwd"], fault: null, done: null },
  ...{ totp: null, passkeys: 0, trustedCount: 0, mayChangePassword: true },
  recent: [],
  sessions: [
    { sid: "one", isThis: true, userAgent: "curl/8", address: "192.0.2.7", secondsSinceUse: 0 },
    { sid: hostile, isThis: false, userAgent: hostile, address: hostile, secondsSinceUse: 7200 },
  ],
}
const recent = [
  { address: hostile, failures: 1234, isCode: false, secondsAgo: 30 },
  { address: "192.0.2.7", failures: 0, isCode: false, secondsAgo: 7200 },
  { address: "192.0.2.7", failures: 1, isCode: false, secondsAgo: 864_000 },
  { address: "192.0.2.7", failures: 1, isCode: true, secondsAgo: 864_000 },
  { address: "192.0.2.8", failures: 3, isCode: true, secondsAgo: 864_000 },
]
const welcome: WelcomeView = {
  ...{ kind: "invite", username: hostile, secondsLeft: 3600, removesFactors: false },
  fault: null,
}

function loginWith(view: Partial<LoginView>): Html {
  return loginPage({ ...login, ...view }, site)
}

function accountWith(view: Partial<AccountView>): Html {
  return accountPage({ ...account, ...view }, site)
}

/** Where a page's fault is: null for the whole page. */
const pages: Readonly<Record<string, Html>> = {
  login: loginWith({}),
  "login to a host": loginWith({
    destination: { host: hostile, fields: { to: hostile, st: "x" } },
    ...{ username: hostile, stays: true },
  }),
  "login after a mistake": loginWith({ username: hostile, fault: { kind: "wrong" } }),
  "login without a name": loginWith({ fault: { kind: "no_username" } }),
  "login without a password": loginWith({ username: "a", fault: { kind: "no_password" } }),
  "login too often": loginWith({ fault: { kind: "too_many", waitSeconds: 61 } }),
  "login in a crowd": loginWith({ fault: { kind: "busy", waitSeconds: 1 } }),
  "login without passkeys": loginWith({ takesPasskeys: false }),
  "login after a wrong passkey": loginWith({ fault: { kind: "passkey" } }),
  "login again": loginWith({ username: hostile, isAgain: true }),
  "login again with a factor": loginWith({ username: "a", isAgain: true, next: "factor" }),
  "login again to enrol": loginWith({ username: "a", isAgain: true, next: "enrolment" }),
  "login that took too long": loginWith({ fault: { kind: "late" } }),
  "login after wrong codes": loginWith({ fault: { kind: "codes" } }),
  "logged out": loggedOutPage(site),
  "log out?": logOutPage({ username: hostile, to: null }, site),
  "log out of a host?": logOutPage({ username: "a", to: "https://a.example/?x=1&y=2" }, site),
  denied: deniedPage({ username: hostile, to: null, roles: [], requestId: "r-1" }, site),
  "denied for roles": deniedPage(
    {
      username: "alice",
      to: { url: "https://a.example/", host: hostile },
      ...{ roles: [hostile, "ops"], requestId: "r-1" },
    },
    site,
  ),
  "denied for users": deniedPage(
    {
      username: "alice",
      to: { url: "https://a.example/", host: "a.example" },
      ...{ roles: [], requestId: "r-1" },
    },
    site,
  ),
  "not denied": notDeniedPage(
    {
      username: hostile,
      to: { url: "https://a.example/", host: { name: "a.example" } as FoundHost },
      requestId: "r-1",
    },
    site,
  ),
  "no factor": noFactorPage(
    { url: "https://a.example/?x=1&y=2", host: { name: hostile } as FoundHost },
    "/account/totp?to=x&st=y",
    site,
  ),
  cookie: cookiePage(site),
  fault: faultPage(
    { title: hostile, lead: hostile, link: { label: "x", href: "/account" }, requestId: hostile },
    site,
  ),
  "fault alone": faultPage({ title: "x", lead: "y" }, site),
  invite: welcomePage(welcome, site),
  reset: welcomePage(
    { ...welcome, kind: "reset", fault: { kind: "refused", reason: hostile } },
    site,
  ),
  "reset of factors": welcomePage({ ...welcome, kind: "reset", removesFactors: true }, site),
  "invite in a crowd": welcomePage({ ...welcome, fault: { kind: "busy", waitSeconds: 3 } }, site),
  "link gone": linkGonePage(site),
  account: accountWith({}),
  "account with trusted devices": accountWith({ trustedCount: 2, done: "trust_ended" }),
  "account with a past": accountWith({ recent }),
  "account with an app": accountWith({
    ...{ ways: ["pwd", "otp"], passkeys: 1, totp: { secondsSinceOn: 86_400, codesLeft: 8 } },
  }),
  "account by password alone": accountWith({
    ...{ totp: { secondsSinceOn: 86_400, codesLeft: 8 }, mayChangePassword: false },
  }),
  "account alone": accountWith({ sessions: account.sessions.slice(0, 1), done: "changed" }),
  "account with a wrong password": accountWith({ fault: { kind: "wrong_current" } }),
  "account without a password": accountWith({ fault: { kind: "no_current" } }),
  "account without a new password": accountWith({ fault: { kind: "no_new" } }),
  "account with a bad new password": accountWith({
    fault: { kind: "refused", reason: hostile },
  }),
  "account too often": accountWith({ fault: { kind: "too_many", waitSeconds: 90 } }),
  "account in a crowd": accountWith({ fault: { kind: "busy", waitSeconds: 1 } }),
}

testPages(pages)

test("a page with a mistake says so in its title, beside the field, and has the cursor there", () => {
  const rows: readonly (readonly [page: string, title: string, field: string, error: string])[] = [
    ["login after a mistake", "Log in", "password", "That name or password is not right."],
    ["login without a name", "Log in", "username", "Enter your username."],
    ["login without a password", "Log in", "password", "Enter your password."],
    ["reset", "Choose a new password", "password", shown],
    [
      "account with a wrong password",
      "Your account",
      "current",
      "This is not your current password.",
    ],
    ["account without a password", "Your account", "current", "Enter your current password."],
    ["account without a new password", "Your account", "new", "Enter a new password."],
    ["account with a bad new password", "Your account", "new", shown],
  ]
  for (const [name, title, field, error] of rows) {
    const page = pages[name] ?? assert.fail(name)
    assert.ok(String(page).includes(`<title>Error: ${title} – `), name)
    assert.deepEqual(faultOf(page), [field, error], name)
  }
})

test("a page without a mistake focuses the next field, and shows no error", () => {
  assert.deepEqual(faultOf(loginWith({})), ["username", null])
  assert.deepEqual(faultOf(loginWith({ username: "alice" })), ["password", null])
  assert.deepEqual(faultOf(loginWith({ username: "alice", isAgain: true })), ["password", null])
  assert.deepEqual(faultOf(pages["invite"] ?? assert.fail()), ["password", null])
  assert.deepEqual(faultOf(pages["account"] ?? assert.fail()), [undefined, null])
  for (const name of ["login", "logged out", "account", "invite"]) {
    assert.doesNotMatch(String(pages[name]), /Error:|aria-invalid/)
  }
})

test("the account page lists recent logins and wrong passwords", () => {
  const { text } = { text: String(pages["account with a past"]) }
  assert.match(text, /<h2>Recent logins<\/h2>/)
  assert.match(text, /Wrong password, 1,234 times\s*<small>just now · /)
  assert.match(text, /<span>Login\s*<small>2 hours ago · 192\.0\.2\.7<\/small>/)
  assert.match(text, /<span>Wrong password\s*<small>10 days ago/)
  assert.match(text, /<span>Right password, wrong code\s*<small>10 days ago/)
  assert.match(text, /Right password, wrong code, 3 times/)
  assert.doesNotMatch(String(pages["account"]), /Recent/)
})

test("the account page lists login methods, and asks for the factor before a new password", () => {
  const off = String(pages["account"])
  assert.match(off, /Logged in here just now, with a password\./)
  assert.match(off, /<b>Authenticator app<\/b><small>off: your password alone logs you in</)
  const on = String(pages["account with an app"])
  assert.match(on, /Logged in here just now, with a password and a code\./)
  assert.match(on, /<small>set up 24 hours ago · 8 of 10 recovery codes left</)
  assert.match(on, /action="\/password"/)
  assert.match(on, /<b>Passkeys<\/b><small>1 passkey<\/small>/)
  assert.match(off, /<b>Passkeys<\/b><small>none: with one, you need no password<\/small>/)
  const byKey = String(accountWith({ ways: ["key"], passkeys: 3 }))
  assert.match(byKey, /Logged in here just now, with a passkey\./)
  assert.match(byKey, /<b>Authenticator app<\/b><small>off<\/small>/)
  assert.match(byKey, /<small>3 passkeys<\/small>/)
  const byAll = String(accountWith({ ways: ["pwd", "otp", "key"], passkeys: null }))
  assert.match(byAll, /with a password, a code and a passkey\./)
  assert.doesNotMatch(byAll, /<b>Passkeys/)
  const lapsed = String(pages["account by password alone"])
  assert.doesNotMatch(lapsed, /action="\/password"/)
  assert.match(lapsed, /href="\/login\?again=1">Change password</)
})

test("a throttled page says how long to wait", () => {
  assert.match(
    String(pages["login too often"]),
    /Too many attempts\.<\/b><p>Try again in 61 seconds/,
  )
  assert.match(String(pages["account too often"]), /Try again in 90 seconds/)
  assert.match(String(pages["login in a crowd"]), /Try again in 1 second\./)
  assert.match(String(pages["invite in a crowd"]), /Try again in 3 seconds\./)
})

test("forms name their fields as password managers and browsers want them", () => {
  const fields = (page: string | undefined) =>
    tagsOf(String(pages[page ?? ""]))
      .filter(({ name, attributes }) => name === "input" && attributes["autocomplete"])
      .map(({ attributes }) => [attributes["name"], attributes["autocomplete"]])
  const known = ["username", "username"]
  const [username, current, next] = [
    ["username", "username webauthn"],
    ["password", "current-password"],
    ["password", "new-password"],
  ]
  assert.deepEqual(fields("login"), [username, current])
  assert.deepEqual(fields("login without passkeys"), [known, current])
  assert.deepEqual(fields("login again"), [known, current])
  assert.deepEqual(fields("invite"), [known, next])
  assert.deepEqual(fields("account"), [
    known,
    ["current", "current-password"],
    ["new", "new-password"],
  ])
})

test("the login page says why the password is asked for again", () => {
  assert.match(String(pages["login again"]), /needs a recent login\.</)
  const factor = String(pages["login again with a factor"])
  assert.match(factor, /needs a recent login with your second factor\.</)
  const enrolment = String(pages["login again to enrol"])
  assert.match(enrolment, /You need a second factor from now on: you set it up next\./)
})
