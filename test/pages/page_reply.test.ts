// The headers of pages and redirects: what a browser may do with them.

import assert from "node:assert/strict"
import { test } from "node:test"
import { html } from "../../src/pages/html.ts"
import { pageReply, redirect } from "../../src/pages/page_reply.ts"

const always = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
}

const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

test("pageReply() lets a page run our sheet and script, and send forms to us, in no frame", () => {
  assert.deepEqual(pageReply(html`<p>x</p>`), {
    status: 200,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      ...always,
      "Content-Security-Policy": policy,
    },
    body: "<p>x</p>",
    cookies: [],
    isPage: true,
  })
})

test("pageReply() says when to try again, and where to go on to", () => {
  const next = "https://photos.example.org:8443/album?a=1;b"
  const { status, headers } = pageReply(html``, { status: 429, next, retryAfterSeconds: 7 })
  assert.deepEqual([status, headers["Retry-After"]], [429, "7"])
  assert.equal(headers["Refresh"], `0; url=${next}`)
  assert.equal(headers["Content-Security-Policy"], policy)
})

test("redirect() is a 303 with its cookies, and no cache stores it", () => {
  assert.deepEqual(redirect("/account", ["a=b"]), {
    status: 303,
    headers: { ...always, Location: "/account" },
    body: "",
    cookies: ["a=b"],
    isPage: true,
  })
})
