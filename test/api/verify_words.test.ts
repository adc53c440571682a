// The words of POSTERN_PROTECT at /verify: `fresh`, `open`, `preflight` and `bearer`.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Reply } from "../../src/http/message.ts"
import { nextOf } from "../support/fake_browser.ts"
import {
  type AppRequest,
  askAs,
  background,
  createProtectedService,
  loggedInBrowser,
  openAppBrowser,
  proxyKinds,
  userIn,
} from "../support/protected_apps.ts"

const photos = "https://photos.example.org/"
const bank = "https://bank.example.org/"
const git = "https://git.example.org/"
const session = "__Host-postern"

function errorIn({ status, body }: Reply): string {
  return `${status} ${JSON.parse(body).error}`
}

test("`fresh` asks for a login at most so long ago", async (t) => {
  const service = await createProtectedService(t)
  const browser = await loggedInBrowser(service)
  assert.equal(userIn((await browser.open(bank)).reply), "alice")
  service.clock.advance(300)
  assert.equal(userIn(await browser.ask(bank)), "alice")
  service.clock.advance(1)
  const script = await browser.ask(bank, { headers: background })
  assert.equal(errorIn(script), "401 insufficient_user_authentication")
  const { url, reply } = await browser.open(bank)
  assert.ok(url.startsWith("https://login.example.org/login?"), url)
  const form = { username: "alice", password: "wonderland" }
  const sent = await browser.login.send(reply, "/login", form)
  const back = await browser.open(nextOf(sent))
  assert.deepEqual([back.url, userIn(back.reply)], [bank, "alice"])
})

test("`open` and `preflight` let through what they name, and nothing else", async (t) => {
  const service = await createProtectedService(t)
  const asks: readonly (readonly [path: string, request: AppRequest, isOpen: boolean])[] = [
    ["public/a.js", {}, true],
    ["public/a.js?x=/../..", { method: "HEAD" }, true],
    ["public/", { headers: background }, true],
    ["public/a", { method: "POST" }, false],
    ["public/../secret", {}, false],
    ["public/%2e%2e/secret", {}, false],
    ["public//x", {}, false],
    ["publicx", {}, false],
    ["public", {}, false],
    ["?/public/a", {}, false],
    ["#/public/a", {}, false],
    ["secret?x=/public/", {}, false],
    [
      "x",
      {
        method: "OPTIONS",
        headers: { origin: "https://a", "access-control-request-method": "PUT" },
      },
      true,
    ],
    ["x", { method: "OPTIONS", headers: { origin: "https://a" } }, false],
    ["x", { method: "OPTIONS" }, false],
    [
      "x",
      { method: "PUT", headers: { origin: "https://a", "access-control-request-method": "PUT" } },
      false,
    ],
  ]
  for (const [path, request, isOpen] of asks) {
    for (const kind of proxyKinds) {
      const { status } = await openAppBrowser(service).ask(`${git}${path}`, { ...request, kind })
      assert.equal(status === 200, isOpen, `${kind} ${request.method} ${path}`)
    }
  }
  // An open page may show who is logged in.
  const browser = await loggedInBrowser(service)
  await browser.open(git)
  assert.equal(userIn(await browser.ask(`${git}public/a`)), "alice")
})

test("`bearer` lets tokens count where it stands, and a cookie comes first", async (t) => {
  const service = await createProtectedService(t)
  const token = await service.logIn("bob", "builder")
  const ask = (url: string, headers: Record<string, string>) =>
    askAs("nginx", service, { url, headers: { ...background, ...headers } })
  const authorization = `Bearer ${token}`
  assert.equal(userIn(await ask(git, { authorization })), "bob")
  assert.equal(errorIn(await ask(photos, { authorization })), "401 missing_token")
  const bad = await ask(git, { authorization: "Bearer x.y.z" })
  assert.equal(errorIn(bad), "401 invalid_token")
  assert.equal(errorIn(await ask(git, { authorization: "Basic YTpi" })), "401 missing_token")
  // 400 for others: nginx would show a failure.
  assert.equal((await ask(git, { authorization: "Bearer a b" })).status, 403)
  const browser = await loggedInBrowser(service)
  await browser.open(git)
  for (const sent of [authorization, "Bearer x.y.z"]) {
    const reply = await browser.ask(git, { headers: { ...background, authorization: sent } })
    assert.equal(userIn(reply), "alice")
  }
  const garbage = `${session}=garbage`
  assert.equal(userIn(await ask(git, { authorization, cookie: garbage })), "bob")
  for (const reply of [bad, await ask(git, {}), await ask(photos, {})]) {
    assert.doesNotMatch(reply.headers["WWW-Authenticate"] ?? "", /basic/i)
  }
})
