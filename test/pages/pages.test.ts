// Each page in each of its states, with ordinary and hostile names: well-formed, labelled, with the
// error beside its field and the cursor in it.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { FoundHost } from "../../src/domain/access_rule.ts"
import { type AccountView, accountPage } from "../../src/pages/account_page.ts"
import { type CodeView, codePage } from "../../src/pages/code_page.ts"
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
import { texts } from "../../src/pages/texts.ts"
import { noWay } from "../../src/pages/way.ts"
import { linkGonePage, type WelcomeView, welcomePage } from "../../src/pages/welcome_page.ts"
import { checkPage, tagsOf, textOf } from "./page_checks.ts"

const site = {
  name: `Ann's "<home>" & garden`,
  origin: "https://login.example.org",
  host: "login.example.org",
}
const hostile = `"><script>alert('x')</script>&amp;\u202e`
const shown = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;?"

const login: LoginView = {
  destination: { host: null, fields: {} },
  ...{ username: "", stays: false, isAgain: false, fault: null },
}
const account: AccountView = {
  ...{ username: hostile, secondsSinceLogin: 5, fault: null, done: null },
  recent: [],
  sessions: [
    { sid: "one", isThis: true, userAgent: "curl/8", address: "192.0.2.7", secondsSinceUse: 0 },
    { sid: hostile, isThis: false, userAgent: hostile, address: hostile, secondsSinceUse: 7200 },
  ],
}
const recent = [
  { address: hostile, failures: 1234, secondsAgo: 30 },
  { address: "192.0.2.7", failures: 0, secondsAgo: 7200 },
  { address: "192.0.2.7", failures: 1, secondsAgo: 864_000 },
]
const welcome: WelcomeView = {
  ...{ kind: "invite", username: hostile, secondsLeft: 3600 },
  ...{ passwordError: null, waiting: null },
}

function loginWith(view: Partial<LoginView>): Html {
  return loginPage({ ...login, ...view }, site)
}

const code: CodeView = {
  ...{ kind: "otp", username: hostile, canRecover: true, startOver: "/login" },
  ...{ way: noWay, fault: null },
}

function codeWith(view: Partial<CodeView>): Html {
  return codePage({ ...code, ...view }, site)
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
  "login again": loginWith({ username: hostile, isAgain: true }),
  "login that took too long": loginWith({ fault: { kind: "late" } }),
  "login after wrong codes": loginWith({ fault: { kind: "codes" } }),
  code: codeWith({}),
  "code without recovery": codeWith({ canRecover: false }),
  "wrong code": codeWith({ fault: { kind: "wrong" } }),
  "no code": codeWith({ fault: { kind: "no_code" } }),
  "code in a crowd": codeWith({ fault: { kind: "busy", waitSeconds: 2 } }),
  recovery: codeWith({ kind: "recovery" }),
  "wrong recovery code": codeWith({ kind: "recovery", fault: { kind: "wrong" } }),
  "no recovery code": codeWith({ kind: "recovery", fault: { kind: "no_code" } }),
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
    site,
  ),
  cookie: cookiePage(site),
  fault: faultPage(
    { title: hostile, lead: hostile, link: { label: "x", href: "/account" }, requestId: hostile },
    site,
  ),
  "fault alone": faultPage({ title: "x", lead: "y" }, site),
  invite: welcomePage(welcome, site),
  reset: welcomePage({ ...welcome, kind: "reset", passwordError: hostile }, site),
  "invite in a crowd": welcomePage({ ...welcome, waiting: { kind: "busy", waitSeconds: 3 } }, site),
  "link gone": linkGonePage(site),
  account: accountWith({}),
  "account with a past": accountWith({ recent }),
  "account alone": accountWith({ sessions: account.sessions.slice(0, 1), done: "changed" }),
  "account with a wrong password": accountWith({ fault: { kind: "wrong_current" } }),
  "account without a password": accountWith({ fault: { kind: "no_current" } }),
  "account without a new password": accountWith({ fault: { kind: "no_new" } }),
  "account with a bad new password": accountWith({
    fault: { kind: "refused_new", reason: hostile },
  }),
  "account too often": accountWith({ fault: { kind: "too_many", waitSeconds: 90 } }),
  "account in a crowd": accountWith({ fault: { kind: "busy", waitSeconds: 1 } }),
}

for (const [name, page] of Object.entries(pages)) {
  test(`page '${name}' is whole, labelled and safe`, () => {
    const text = String(page)
    checkPage(text)
    assert.doesNotMatch(text, /<script>|\u202e|undefined|\[object|null/)
    assert.ok(text.includes("Ann&#39;s &quot;&lt;home&gt;&quot; &amp; garden"))
    // One script element, ours, from our origin.
    const scripts = tagsOf(text).filter((tag) => tag.name === "script")
    assert.equal(scripts.length, 1)
    assert.match(scripts[0]?.attributes["src"] ?? "", /^\/pages\//)
  })
}

/** The field with the cursor, and the text that describes what is wrong with it. */
function faultOf(page: Html): readonly [focused: string | undefined, error: string | null] {
  const text = String(page)
  const focused = tagsOf(text).find(({ attributes }) => "autofocus" in attributes)
  const ids = (focused?.attributes["aria-describedby"] ?? "").split(" ")
  const id = ids.find((one) => one.includes("error"))
  return [focused?.attributes["id"], id === undefined ? null : textOf(text, id)]
}

test("a page with a mistake says so in its title, beside the field, and has the cursor there", () => {
  const rows: readonly (readonly [page: string, title: string, field: string, error: string])[] = [
    ["login after a mistake", "Log in", "password", "That name or password is not right."],
    ["login without a name", "Log in", "username", "Enter your username."],
    ["login without a password", "Log in", "password", "Enter your password."],
    ["wrong code", "Enter your code", "code", texts.code.otp.wrong],
    ["no code", "Enter your code", "code", "Enter the code that your app shows."],
    ["wrong recovery code", "Use a recovery code", "code", texts.code.recovery.wrong],
    ["no recovery code", "Use a recovery code", "code", "Enter one of your recovery codes."],
    ["reset", "Choose a new password", "password", shown],
    [
      "account with a wrong password",
      "Your account",
      "current",
      "This is not your current password.",
    ],
    ["account without a password", "Your account", "current", "Enter your current password."],
    ["account without a new password", "Your account", "new", "Enter a new password."],
    ["account with a bad new password", "Your account", "new", `${shown}.`],
  ]
  for (const [name, title, field, error] of rows) {
    const page = pages[name] ?? assert.fail(name)
    assert.ok(String(page).includes(`<title>Error: ${title} – `), name)
    assert.deepEqual(faultOf(page), [field, error], name)
  }
})

test("a page without a mistake has the cursor where somebody goes on, and no error", () => {
  assert.deepEqual(faultOf(loginWith({})), ["username", null])
  assert.deepEqual(faultOf(loginWith({ username: "alice" })), ["password", null])
  assert.deepEqual(faultOf(loginWith({ username: "alice", isAgain: true })), ["password", null])
  assert.deepEqual(faultOf(pages["code"] ?? assert.fail()), ["code", null])
  assert.deepEqual(faultOf(pages["invite"] ?? assert.fail()), ["password", null])
  assert.deepEqual(faultOf(pages["account"] ?? assert.fail()), [undefined, null])
  for (const name of ["login", "logged out", "account", "invite"]) {
    assert.doesNotMatch(String(pages[name]), /Error:|aria-invalid/)
  }
})

test("the account page tells recent logins and wrong passwords", () => {
  const { text } = { text: String(pages["account with a past"]) }
  assert.match(text, /<h2>Recent logins<\/h2>/)
  assert.match(text, /Wrong password, 1,234 times\s*<small>just now · /)
  assert.match(text, /<span>Login\s*<small>2 hours ago · 192\.0\.2\.7<\/small>/)
  assert.match(text, /<span>Wrong password\s*<small>10 days ago/)
  assert.doesNotMatch(String(pages["account"]), /Recent/)
})

test("a page that has to wait says how long", () => {
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
  const [username, current, next] = [
    ["username", "username"],
    ["password", "current-password"],
    ["password", "new-password"],
  ]
  assert.deepEqual(fields("login"), [username, current])
  assert.deepEqual(fields("login again"), [username, current])
  assert.deepEqual(fields("code"), [["code", "one-time-code"]])
  assert.deepEqual(fields("recovery"), [["code", "off"]])
  assert.deepEqual(fields("invite"), [username, next])
  assert.deepEqual(fields("account"), [
    username,
    ["current", "current-password"],
    ["new", "new-password"],
  ])
})
