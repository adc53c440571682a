// The browser wing's settings together: off by default, and what the address of the login page
// needs.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Environment } from "../../src/config/texts.ts"
import { loadWithFiles as load, mistakeOf } from "../support/settings_files.ts"
import { testSecret } from "../support/test_keys.ts"

const login = { POSTERN_ISSUER: "https://login.home.example" }
const protect = { POSTERN_PROTECT: "photos.home.example" }
const proxies = { POSTERN_TRUSTED_PROXIES: "10.0.0.2" }

test("loadConfig() has no browser wing unless POSTERN_PROTECT or POSTERN_PAGES asks for it", () => {
  for (const environment of [{}, login, { POSTERN_PAGES: "off" }, { POSTERN_NAME: "Home" }]) {
    assert.equal(load(environment).browser, null)
  }
  assert.deepEqual(load({ ...login, POSTERN_PAGES: "on" }).browser, { hosts: [], name: "Postern" })
  const { browser } = load({ ...login, ...protect, POSTERN_NAME: " Zu Hause " })
  assert.equal(browser?.name, "Zu Hause")
  assert.deepEqual(
    browser.hosts.map(({ name }) => name),
    ["photos.home.example"],
  )
})

test("loadConfig() takes protected hosts from a file", () => {
  const files = { hosts: "\ufeff# ours\r\na.example\r\n\tb.example role=x\r\n" }
  const { browser } = load({ ...login, POSTERN_PROTECT_FILE: "hosts" }, files)
  assert.deepEqual(
    browser?.hosts.map(({ name }) => name),
    ["a.example", "b.example"],
  )
})

test("loadConfig() lets the login page be on this machine, without TLS", () => {
  for (const address of ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]"]) {
    assert.ok(load({ ...protect, POSTERN_ISSUER: address }).browser)
  }
  assert.ok(load(protect).browser)
})

const addressHint = "Use an https address: browsers keep the login's cookie only over https"
const pathHint = "Give the login page a host of its own, such as https://login.example.org"
const issuerHint = "Set it to the https address of the login page"
const emptyHint = "Write a host in a line, such as photos.example.org, or unset it"
const ownHint = "Give the login page a name of its own, or leave this line out"

const rows: readonly (readonly [Environment, name: string, problem: string, hint: string])[] = [
  [
    { ...protect, POSTERN_ISSUER: "http://postern:8080" },
    ...(["POSTERN_ISSUER", "POSTERN_PROTECT needs https", addressHint] as const),
  ],
  [
    { POSTERN_PAGES: "on", POSTERN_ISSUER: "http://nas.local" },
    ...(["POSTERN_ISSUER", "POSTERN_PAGES needs https", addressHint] as const),
  ],
  [
    { ...protect, POSTERN_ISSUER: "https://home.example/login" },
    ...(["POSTERN_ISSUER", "POSTERN_PROTECT needs an address without a path", pathHint] as const),
  ],
  [
    { ...protect, JWT_SECRET_KEY: testSecret },
    ...(["POSTERN_ISSUER", "POSTERN_PROTECT needs it", issuerHint] as const),
  ],
  [{ ...login, POSTERN_PROTECT: "#\n\n" }, "POSTERN_PROTECT", "It lists no host", emptyHint],
  [
    { ...login, POSTERN_PROTECT: "a.b\nLogin.home.example.:8443" },
    ...([
      "POSTERN_PROTECT",
      "Line 2: 'Login.home.example.:8443' is the host of the login page",
    ] as const),
    ownHint,
  ],
  [
    { ...protect, POSTERN_PROTECT_FILE: "hosts" },
    ...(["POSTERN_PROTECT", "POSTERN_PROTECT_FILE is set too", "Set one of the two"] as const),
  ],
  [
    { ...login, POSTERN_NAME: "<b>" },
    ...(["POSTERN_NAME", "'<b>' can't be the name"] as const),
    "1 to 60 characters, without < and >",
  ],
  [
    { ...login, POSTERN_PAGES: "yes" },
    ...(["POSTERN_PAGES", "'yes' is not valid", "One of on, off"] as const),
  ],
]

for (const [environment, name, problem, hint] of rows) {
  test(`loadConfig() reports ${name}: ${problem}`, () => {
    const mistake = `  ${name}: ${problem}\n    hint: ${hint}`
    assert.equal(mistakeOf(environment), `There is a mistake in the settings:\n${mistake}`)
  })
}

test("loadConfig() warns of protected hosts without trusted proxies, or with a shared secret", () => {
  const noProxy =
    "POSTERN_PROTECT is set and POSTERN_TRUSTED_PROXIES is not: /verify answers trusted proxies only, so nobody gets in. Set it to the address of your proxy"
  const noToken =
    "POSTERN_PROTECT is set together with JWT_SECRET_KEY: X-Postern-Token is empty, since no app could check a token by published keys"
  const shared = { JWT_SECRET_KEY: testSecret, JWT_ENCODE_ISSUER: "app" }
  assert.deepEqual(load({ ...login, ...protect }).notices, [noProxy])
  assert.deepEqual(load({ ...login, ...protect, ...proxies }).notices, [])
  assert.deepEqual(load({ ...login, ...protect, ...proxies, ...shared }).notices, [noToken])
  assert.deepEqual(load({ ...login, POSTERN_PAGES: "on" }).notices, [])
})
