// Postern behind nginx, Caddy and HAProxy: one login for hosts on two domains, logout, and browsers
// with many tabs, strange cookies and old tickets.

import assert from "node:assert/strict"
import { test } from "node:test"
import { gitHost, loginHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import { noProxies, proxyPrograms } from "../support/proxy_programs.ts"
import { guardForTests, opening, openSiteBrowser } from "../support/site_browser.ts"

const photos = `https://${photosHost}`
const git = `https://${gitHost}`
const session = "__Host-postern"

const guard = guardForTests()

for (const program of proxyPrograms) {
  test(`${program}: one login opens hosts on two domains, and a logout closes them`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    const page = await browser.open(`${photos}/album?year=2026&x=%2f`)
    assert.equal(new URL(page.url).host, loginHost)
    assert.match(page.reply.body, /name="password"/)
    const entered = await browser.logIn(page.url)
    assert.deepEqual(
      [entered.url, entered.reply.body],
      [`${photos}/album?year=2026&x=%2f`, "photos answers\n"],
    )
    const other = await browser.open(`${git}/project`)
    assert.deepEqual([other.url, other.reply.body], [`${git}/project`, "git answers\n"])
    assert.deepEqual(
      site.reached.map(({ app, target, headers }) => [app, target, headers.get("remote-user")]),
      [
        ["photos", "/album?year=2026&x=%2f", "alice"],
        ["git", "/project", "alice"],
      ],
    )
    // Each host has a cookie of its own, good for no other.
    const values = [loginHost, photosHost, gitHost].map((host) =>
      browser.jars.get(host)?.get(session),
    )
    assert.equal(new Set(values).size, 3)
    for (const value of [values[0], values[1]]) {
      const cookie = `${session}=${value}`
      assert.equal((await site.ask({ host: gitHost, headers: { cookie } })).status, 401)
    }

    const form = {
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "same-origin",
    }
    await browser.ask({
      host: loginHost,
      method: "POST",
      target: "/logout",
      headers: form,
      body: "",
    })
    for (const host of [photosHost, gitHost]) {
      assert.equal((await browser.ask({ host })).status, 401)
    }
  })

  test(`${program}: twelve tabs of a new host open at once`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`${photos}/`)).url)
    const tabs = Array.from({ length: 12 }, (_, index) => `${git}/tab/${index}`)
    const opened = await Promise.all(tabs.map((url) => browser.open(url)))
    assert.deepEqual(
      opened.map(({ url, reply }) => [url, reply.status]),
      tabs.map((url) => [url, 200]),
    )
  })

  test(`${program}: a ticket counts once, and only in its browser`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const alice = openSiteBrowser(site)
    await alice.logIn((await alice.open(`${photos}/`)).url)
    const asked = await alice.ask({ host: gitHost, target: "/x", headers: opening })
    const to = new URL(String(asked.headers["location"]))
    const handed = await alice.ask({
      host: loginHost,
      target: `${to.pathname}${to.search}`,
      headers: opening,
    })
    const { pathname, search } = new URL(String(handed.headers["location"]))
    assert.equal(pathname, "/.postern/in")
    const ticket = { host: gitHost, target: `${pathname}${search}`, headers: opening }

    for (const method of ["HEAD", "POST", "OPTIONS"]) {
      assert.equal((await alice.ask({ ...ticket, method })).status, 401)
    }
    assert.equal((await alice.ask({ ...ticket, headers: {} })).status, 401)
    const thief = openSiteBrowser(site)
    const stolen = await thief.ask(ticket)
    assert.equal(stolen.status, 302)
    assert.equal(new URL(String(stolen.headers["location"])).host, loginHost)
    assert.equal(thief.jars.get(gitHost)?.has(session), false)
    // The thief has used it up.
    const late = await alice.ask(ticket)
    assert.equal(new URL(String(late.headers["location"])).host, loginHost)
    assert.equal(alice.jars.get(gitHost)?.has(session), false)
    assert.equal((await alice.open(`${git}/x`)).reply.body, "git answers\n")
    assert.deepEqual(
      site.reached.filter(({ target }) => target.startsWith("/.postern")),
      [],
    )
  })

  test(`${program}: planted, doubled and spoiled cookies let nobody in`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`${photos}/`)).url)
    const good = browser.jars.get(photosHost)?.get(session) ?? assert.fail()
    const ask = (cookie: string | readonly string[]) =>
      site.ask({ host: photosHost, headers: { cookie } })
    assert.equal((await ask(`a=b; ${session}=${good}; c=d`)).status, 200)
    site.reached.splice(0)
    for (const cookie of [
      `${session}=${good}; ${session}=${good}`,
      `${session}=x; ${session}=${good}`,
      [`${session}=x`, `${session}=${good}`],
      `${session}=${good}x`,
      `${session}="${good}"`,
      `${session}=${good.slice(0, -1)}`,
      `${session}=`,
      `${session}=%00\u00ff`,
      `__host-postern=${good}`,
      `postern=${good}`,
    ]) {
      assert.equal((await ask(cookie)).status, 401, String(cookie))
    }
    assert.deepEqual(site.reached, [])
  })

  test(`${program}: addresses to return to stay on the host`, { skip: noProxies }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const browser = openSiteBrowser(site)
    await browser.logIn((await browser.open(`${photos}/`)).url)
    for (const target of [
      "//evil.example/",
      "/\\evil.example/",
      "/\\/evil.example/",
      "/.postern/in?t=a.b",
      "/.postern/in?t=a.b&rd=https://evil.example/",
      "/@evil.example",
      "/%0d%0aSet-Cookie:x=y",
      "/%5c%5cevil.example",
      "///evil.example",
    ]) {
      browser.jars.delete(gitHost)
      const first = await browser.ask({ host: gitHost, target, headers: opening })
      // HAProxy and Caddy refuse some by themselves.
      if (first.status === 400) continue
      const { url, reply } = await browser.open(`${git}${target}`)
      assert.equal(new URL(url).host, gitHost, target)
      assert.equal(reply.status, 200, target)
    }
    for (const to of [
      "https://evil.example/",
      "//evil.example",
      "https://photos.home.example.evil.example/",
      "https://photos.home.example@evil.example/",
      "http://photos.home.example/",
      "javascript:alert(1)",
    ]) {
      const target = `/continue?to=${encodeURIComponent(to)}`
      const { status, headers } = await browser.ask({ host: loginHost, target, headers: opening })
      assert.equal(headers["location"], undefined, to)
      assert.equal(status, 400, to)
    }
  })
}
