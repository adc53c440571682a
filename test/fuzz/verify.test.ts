// Any request that a proxy may ask about: nobody without a login comes in but where a path is open,
// a browser is sent to the login page or to a listed host, and nginx hears 200, 401 or 403.

import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import type { Reply } from "../../src/http/message.ts"
import {
  createProtectedService,
  jarOf,
  loggedInBrowser,
  opening,
  proxyKinds,
} from "../support/protected_apps.ts"
import { anyText, editedText, edits } from "./inputs.ts"
import { holds } from "./property.ts"

const hosts = [
  ...["photos.example.org", "git.example.org", "notes.example.net:8443", "x.lab.example.org"],
  ...["login.example.org", "evil.example", "bank.example.org", "git.example.org:443", "localhost"],
]
const targets = [
  ...[
    "/",
    "/public/a",
    "/public/../x",
    "/.postern/in?t=x.y",
    "/.postern/x",
    "/a?b=/public/",
    "//x",
  ],
  ...["/public/%2e%2e/x", "/x/../.postern/in?t=x", "/public//a", "/PUBLIC/a", "*", "http://x/"],
]
const methods = ["GET", "HEAD", "POST", "OPTIONS", "TRACE", "PROPFIND"]

function spoiled(texts: readonly string[]) {
  const some = fc.constantFrom(...texts)
  const changed = fc.tuple(some, edits([",", ", ", " ", "/", "..", "%", ":", "\\"]))
  return fc.oneof(
    some,
    changed.map(([text, changes]) => editedText(text, changes)),
    anyText,
  )
}

const asked = fc.record({
  kind: fc.constantFrom(...proxyKinds),
  host: spoiled(hosts),
  forwardedHost: spoiled(hosts),
  target: spoiled(targets),
  method: spoiled(methods),
  protocol: spoiled(["https", "http", "wss"]),
  isPage: fc.boolean(),
  cookie: fc.option(spoiled(["__Host-postern=x", "__Host-postern_try=x", "a=b"])),
  authorization: fc.option(spoiled(["Bearer x.y.z", "Basic YTpi", "Bearer"])),
  hasCookie: fc.boolean(),
})

/** A path that `open=/public/` opens. */
const openPath = /^\/public\/(?:[A-Za-z0-9_~-][A-Za-z0-9_~.-]*\/?)*$/

test("/verify lets nobody in without a login, and sends browsers nowhere else", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  await browser.open("https://photos.example.org/")
  const gate = jarOf(browser.jars, "https://photos.example.org/").get("__Host-postern") ?? ""
  await holds(
    asked,
    async ({ kind, host, forwardedHost, target, method, protocol, ...sent }) => {
      const own = sent.hasCookie ? `; __Host-postern=${gate}` : ""
      const headers = {
        ...{ host, "x-forwarded-host": forwardedHost, "x-forwarded-uri": target },
        ...{ "x-forwarded-method": method, "x-forwarded-proto": protocol },
        ...(sent.isPage ? opening : {}),
        ...(sent.cookie === null && own === "" ? {} : { cookie: `${sent.cookie ?? "c=d"}${own}` }),
        ...(sent.authorization === null ? {} : { authorization: sent.authorization }),
      }
      const path = kind === "envoy" ? `/verify/envoy${target}` : `/verify/${kind}`
      const verb = kind === "envoy" ? method : "GET"
      const reply = await service.call(verb, path, { headers, proxied: true })
      checkStatus(kind, reply)
      checkLocation(reply)
      if (reply.status !== 200) return
      const isAlice = reply.headers["Remote-User"] === "alice"
      const named = (kind === "envoy" ? host : forwardedHost).toLowerCase()
      if (isAlice) assert.match(named, /^photos\.example\.org\.?(?::0*(?:443|80))?$/)
      else {
        assert.equal(reply.headers["Remote-User"], "")
        assert.match(named, /^git\.example\.org\.?(?::0*(?:443|80))?$/)
        assert.match(target.split("?", 1)[0] ?? "", openPath)
        assert.match(method, /^(?:GET|HEAD)$/)
      }
    },
    { runs: 400 },
  )
})

function checkStatus(kind: string, { status, cookies = [] }: Reply): void {
  const known = kind === "nginx" ? [200, 401, 403] : [200, 302, 303, 400, 401, 403, 404]
  assert.ok(known.includes(status), `${kind} ${status}`)
  assert.ok(cookies.length <= 1)
}

function checkLocation({ headers: { Location: location } }: Reply): void {
  if (location === undefined) return
  const { origin, pathname } = new URL(location)
  if (origin === "https://login.example.org") assert.equal(pathname, "/continue")
  else assert.match(origin, /^https:\/\/(?:\w+\.(?:lab\.)?example\.org|notes\.example\.net:8443)$/)
}
