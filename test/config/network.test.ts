import assert from "node:assert/strict"
import { test } from "node:test"
import {
  allowedHosts,
  corsOrigins,
  forwardedHeader,
  trustedProxies,
} from "../../src/config/network.ts"
import { SettingMistake } from "../../src/config/values.ts"
import { isWithin } from "../../src/domain/ip_address.ts"

function refuses(parse: (value: string) => unknown, value: string, message: string, hint: RegExp) {
  assert.throws(
    () => parse(value),
    (error) => {
      assert.ok(error instanceof SettingMistake, String(error))
      assert.equal(error.message, message)
      assert.match(error.hint, hint)
      return true
    },
  )
}

test("trustedProxies() reads addresses and networks", () => {
  const networks = trustedProxies("10.0.0.0/8, 192.0.2.7,::1,fd00::/8 ,::ffff:192.0.2.8")
  assert.equal(networks.length, 5)
  for (const inside of ["10.9.8.7", "192.0.2.7", "::1", "fd12::1", "192.0.2.8"]) {
    assert.ok(isWithin(inside, networks), inside)
  }
  for (const outside of ["11.0.0.0", "192.0.2.9", "::2", "fe00::1"]) {
    assert.ok(!isWithin(outside, networks), outside)
  }
})

const tooWide = ["0.0.0.0/0", "::/0", "10.0.0.0/7", "128.0.0.0/1", "fc00::/7", "2000::/3"]

for (const value of [...tooWide, "::ffff:0.0.0.0/96", "1.2.3.4/0"]) {
  test(`trustedProxies() refuses the wide network ${value}`, () => {
    const message = `'${value}' is too wide: every client in it could claim any address`
    refuses(trustedProxies, value, message, /^A prefix of at least \/8, such as 10\.0\.0\.0\/8$/)
    refuses(trustedProxies, `127.0.0.1,${value}`, message, /./)
  })
}

const notNetworks = [
  ...["*", "", "any", "localhost", "private_ranges", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8"],
  ...["10.*.*.*", "10.0.0.1-10.0.0.9", "10.0.0.0/255.0.0.0", "http://10.0.0.1", "10.0.0.1:80"],
  ...["[::1]", "fe80::1%eth0", "10.0.0.1 10.0.0.2"],
]

for (const value of notNetworks) {
  test(`trustedProxies() refuses '${value}'`, () => {
    const message = `'${value}' is not an address or a network`
    refuses(trustedProxies, value, message, /^Addresses and networks of your own proxies: /)
    refuses(trustedProxies, `127.0.0.1,${value}`, message, /./)
  })
}

test("trustedProxies() refuses bits beyond the prefix, and says what may be meant", () => {
  for (const [value, start] of [
    ["10.0.0.1/8", "10.0.0.0/8"],
    ["192.168.1.255/24", "192.168.1.0/24"],
    ["fd00::1/64", "fd00::/64"],
  ] as const) {
    const message = `'${value}' has bits beyond its prefix`
    refuses(trustedProxies, value, message, new RegExp(`^Do you mean ${start}\\?$`))
  }
})

test("forwardedHeader() takes one of two names, in any case", () => {
  assert.equal(forwardedHeader("x-forwarded-FOR"), "X-Forwarded-For")
  assert.equal(forwardedHeader("forwarded"), "Forwarded")
  const hint = /^Set the one that your proxies write: X-Forwarded-For or Forwarded$/
  for (const value of ["X-Real-IP", "CF-Connecting-IP", "X-Forwarded-For ", "", "__proto__"]) {
    refuses(forwardedHeader, value, `'${value}' is not a header that Postern reads`, hint)
  }
})

test("allowedHosts() gives names and addresses in their one spelling", () => {
  assert.deepEqual(
    allowedHosts("Login.Example.org, postern ,login.example.org.,192.0.2.7,[2001:DB8::7],::1,a_b"),
    [
      ...["login.example.org", "postern", "login.example.org", "192.0.2.7", "2001:db8::7", "::1"],
      "a_b",
    ],
  )
})

const notHosts = [
  ...["*", "", "*.example.org", "https://login.example.org", "login.example.org:443", "a/b", "a b"],
  ...[
    ".example.org",
    "a..b",
    ".",
    "[login.example.org]",
    "192.0.2.7:80",
    "[::1]:80",
    "b\u00fccher",
  ],
]

for (const value of notHosts) {
  test(`allowedHosts() refuses '${value}'`, () => {
    const hint = /^Names or addresses without scheme, port or \*, such as login\.example\.org$/
    refuses(allowedHosts, value, `'${value}' is not a host name`, hint)
    refuses(allowedHosts, `localhost,${value}`, `'${value}' is not a host name`, hint)
  })
}

test("corsOrigins() takes origins as browsers send them, unchanged", () => {
  const origins = [
    ...["https://app.example.org", "http://localhost:5173", "https://app.example.org:8443"],
    ...["http://[::1]:3000", "http://192.0.2.7", "https://xn--bcher-kva.example", "https://a_b.c"],
  ]
  assert.deepEqual(corsOrigins(origins.join(" , ")), origins)
})

test("corsOrigins() takes the origins of apps and extensions by their exact text", () => {
  const origins = [
    ...["capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://.", "app://-"],
    ...["chrome-extension://abcdefghijklmnopabcdefghijklmnop", "app://obsidian.md", "file://"],
    "moz-extension://0a1b2c3d-1111-2222-3333-444455556666",
    "safari-web-extension://E5C3B6E0-1111-4BBB-8CCC-1234567890AB",
    ...["capacitor://localhost:8080", "com.example.app://x", "x+y-z.1://[::1]:3"],
  ]
  assert.deepEqual(corsOrigins(origins.join(" , ")), origins)
})

const notOrigins = [
  ...["*", "", "null", "app.example.org", "https://", "https://*.example.org", "https://app/x"],
  ...["https://app.example.org/", "https://App.example.org", "HTTPS://app.example.org"],
  ...["https://app.example.org:443", "http://app.example.org:80", "https://app.example.org?x"],
  ...["https://app.example.org#x", "https://me@app.example.org", "https://b\u00fccher.example"],
  ...[
    "file:///x",
    ...["ws://app.example.org", "wss://app.example.org", "ftp://app.example.org", "file:///"],
    ...["capacitor:", "capacitor://", "capacitor:localhost", "capacitor://localhost/"],
    ...["Capacitor://localhost", "capacitor://*", "*://localhost", "chrome-extension://*"],
    ...["capacitor://localhost?x", "capacitor://localhost#x", "app://me@host", "null://"],
    ...["capacitor://local host", "capacitor://localhost:080", "x://[::0:1]", "1app://x", "NULL"],
    ...["data:text/html", "blob:https://app.example.org", "about:blank", "//app.example.org"],
    "https://app.example.org:99999",
  ],
  ...["https://0x7f.1", "https://[::0:1]", "https://app.example.org https://b", "javascript:1"],
]

for (const value of notOrigins) {
  test(`corsOrigins() refuses '${value}'`, () => {
    const hint =
      /^Write scheme:\/\/host in lower case, with :port unless it is the scheme's default, and nothing/
    refuses(corsOrigins, value, `'${value}' is not an origin`, hint)
    refuses(corsOrigins, `https://app.example.org,${value}`, `'${value}' is not an origin`, hint)
  })
}
