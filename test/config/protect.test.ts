// The lines of POSTERN_PROTECT: what they mean, and every mistake with its line and hint.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readProtectedHosts } from "../../src/config/protect.ts"
import type { AccessRule, ProtectedHost } from "../../src/domain/access_rule.ts"

const login = "login.home.example"

function read(text: string) {
  const mistakes: string[] = []
  const hosts = readProtectedHosts(text, login, (line, { message, hint }) => {
    mistakes.push(`${line}: ${message} (${hint})`)
  })
  return { hosts, mistakes }
}

function taken(text: string): readonly ProtectedHost[] {
  const { hosts, mistakes } = read(text)
  assert.deepEqual(mistakes, [])
  return hosts
}

const nothing: AccessRule = {
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
}

test("readProtectedHosts() reads one host a line, with comments and blanks around it", () => {
  const text = [
    "# the house",
    "",
    "photos.home.example",
    "\t admin.home.example   role=ops|admin fresh=5m mfa # not photos\r".replace("\r", ""),
    "git.home.example open=/public/|/help preflight\tbearer",
    "*.lab.home.example role=lab user=Alice|bob",
    "dav.home.example machine user=alice|svc:Phone",
  ].join("\n")
  assert.deepEqual(taken(text), [
    { name: "photos.home.example", ports: [443], rule: nothing },
    {
      name: "admin.home.example",
      ports: [443],
      rule: { ...nothing, roles: ["admin", "ops"], freshSeconds: 300, mfa: true },
    },
    {
      name: "git.home.example",
      ports: [443],
      rule: { ...nothing, open: ["/help", "/public/"], preflight: true, bearer: true },
    },
    {
      name: "*.lab.home.example",
      ports: [443],
      rule: { ...nothing, roles: ["lab"], users: ["alice", "bob"] },
    },
    {
      name: "dav.home.example",
      ports: [443],
      rule: { ...nothing, machine: true, users: ["alice", "svc:phone"] },
    },
  ])
})

test("readProtectedHosts() gives names one spelling: lower case, A-labels, no last dot", () => {
  const rows = [
    ["PHOTOS.Home.Example", "photos.home.example"],
    ["photos.home.example.", "photos.home.example"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example.", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    ["ｐhotos.example", "photos.example"],
    ["photos。example", "photos.example"],
    ["nas", "nas"],
    ["my_nas.lan", "my_nas.lan"],
    ["app.localhost", "app.localhost"],
  ] as const
  for (const [written, name] of rows) {
    assert.deepEqual(taken(written), [{ name, ports: [443], rule: nothing }], written)
  }
})

test("readProtectedHosts() joins the ports of a host", () => {
  assert.deepEqual(taken("a.example role=x\nA.example:8443 role=x\n*.a.example:8443"), [
    { name: "a.example", ports: [443, 8443], rule: { ...nothing, roles: ["x"] } },
    { name: "*.a.example", ports: [8443], rule: nothing },
  ])
})

const nameHint =
  "Write a name such as photos.example.org, with :port unless it is 443, or *.example.org"
const words = "Words are open=, preflight, bearer, machine, role=, user=, fresh=, mfa"
const openHint =
  "Write the beginning of a path: letters, digits and - _ ~ . between slashes, such as /public/"
const portHint = "Give all ports of a host the same words: browsers share cookies between ports"
const durationHint =
  "Seconds (900) or with a unit (90s, 15m, 1h, 30d), from 1m to 30d; there is no value for never"

const notNames = [
  ...["https://a.example", "a.example/x", "a.example:0", "a.example:65536", "a.example:x", "a..b"],
  ...["*", "*.", "*a.example", "a.*.example", "**.example", "*.*.example", ".a.example", "-a.b"],
  ...["a%2eexample", "user@a.example", "a.example?x", "a\\b", "0x7f.1", "a,b"],
  ...["1.2.3", "a.example:8443:1", "a.example=x", "\u212a..x", "a\u00adb..c"],
]

test("readProtectedHosts() refuses what is no host name", () => {
  for (const host of notNames) {
    const { hosts, mistakes } = read(host)
    assert.deepEqual(mistakes, [`1: '${host}' is not a host name (${nameHint})`])
    assert.deepEqual(hosts, [])
  }
  for (const host of ["192.168.1.5", "192.168.1.5:8443", "[::1]", "[2001:db8::1]:8443"]) {
    const hint = "Give the host a name: cookies need one"
    assert.deepEqual(read(host).mistakes, [`1: '${host}' is an address (${hint})`])
  }
})

const mistakes: readonly (readonly [line: string, mistake: string])[] = [
  ["a.b Bearer", `unknown word 'Bearer' (Did you mean bearer? ${words})`],
  ["a.b rol=x", `unknown word 'rol=x' (Did you mean role=? ${words})`],
  ["a.b role", `unknown word 'role' (Did you mean role=? ${words})`],
  ["a.b bearer=yes", `unknown word 'bearer=yes' (Did you mean bearer? ${words})`],
  ["a.b deny=1.2.3.4", `unknown word 'deny=1.2.3.4' (${words})`],
  ["a.b __proto__", `unknown word '__proto__' (${words})`],
  ["a.b b.c", `unknown word 'b.c' (${words})`],
  ["a.b role=x role=y", "'role=' stands twice (Write role=one|other)"],
  ["a.b mfa=1", `unknown word 'mfa=1' (Did you mean mfa? ${words})`],
  ["a.b MFA", `unknown word 'MFA' (Did you mean mfa? ${words})`],
  ["a.b mfa mfa", "'mfa' stands twice (Write it once)"],
  ["a.b bearer bearer", "'bearer' stands twice (Write it once)"],
  ["a.b role=", "'' is not a role (Write role=admin, or role=admin|ops)"],
  ["a.b role=a||b", "'' is not a role (Write role=admin, or role=admin|ops)"],
  ["a.b role=a,b", "'a,b' is not a role (Write role=admin, or role=admin|ops)"],
  [
    "a.b user=*",
    "'*' is not a username (Write user=alice, user=alice|bob, or user=svc:NAME for a service token)",
  ],
  ["a.b fresh=5", `'5' is not a duration (${durationHint})`],
  ["a.b fresh=never", `'never' is not a duration (${durationHint})`],
  ["a.b open=public", `'public' can't be open (${openHint})`],
  ["a.b open=", `'' can't be open (${openHint})`],
  ["a.b open=/a//b", `'/a//b' can't be open (${openHint})`],
  ["a.b open=/a/../b", `'/a/../b' can't be open (${openHint})`],
  ["a.b open=/a%2fb", `'/a%2fb' can't be open (${openHint})`],
  ["a.b open=/a*", `'/a*' can't be open (${openHint})`],
  ["a.b open=/.postern/", `'/.postern/' can't be open (${openHint})`],
  [
    "LOGIN.home.example:8443",
    "'LOGIN.home.example:8443' is the host of the login page (Give the login page a name of its own, or leave this line out)",
  ],
]

for (const [line, mistake] of mistakes) {
  test(`readProtectedHosts() refuses '${line}'`, () => {
    assert.deepEqual(read(`\n${line}`), { hosts: [], mistakes: [`2: ${mistake}`] })
  })
}

test("readProtectedHosts() reports all mistakes, and hosts that stand twice", () => {
  const text = ["a.b role=x", "A.b.", "c.d what", "a.b:8443", "a.b:444 role=x", "a.b:444 role=x"]
  assert.deepEqual(read(text.join("\n")).mistakes, [
    `3: unknown word 'what' (${words})`,
    "2: line 1 has this host, too (Write one line for a host, with all its words)",
    `4: line 1 has this host with other words (${portHint})`,
    "6: line 1 has this host, too (Write one line for a host, with all its words)",
  ])
})

test("readProtectedHosts() lets `*.` cover the host of the login page", () => {
  assert.deepEqual(taken("*.home.example")[0]?.name, "*.home.example")
})
