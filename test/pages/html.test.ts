// The template tag: what is escaped, and that a text alone is no HTML.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Html, html } from "../../src/pages/html.ts"

test("html escapes every text, so that it shows as it is", () => {
  const hostile = `<script>alert("x")</script>&'`
  const shown = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"
  assert.equal(
    String(html`<p title="${hostile}">${hostile}</p>`),
    `<p title="${shown}">${shown}</p>`,
  )
})

test("html takes markup, lists of markup, numbers and null", () => {
  const items = ["a", "<b>"].map((item) => html`<li>${item}</li>`)
  assert.equal(String(html`<ul>${items}</ul>`), "<ul><li>a</li><li>&lt;b&gt;</li></ul>")
  assert.equal(String(html`<p>${html`<b>x</b>`}${null}${3}${[]}</p>`), "<p><b>x</b>3</p>")
  assert.equal(String(html``), "")
})

test("html replaces control characters and direction marks by `?`", () => {
  for (const character of ["\0", "\n", "\x1b", "\x7f", "\u0085", "\u202e", "\u2066", "\u200f"]) {
    assert.equal(String(html`<b>a${character}b</b>`), "<b>a?b</b>")
  }
  assert.equal(String(html`${"grüße 😀 عربي"}`), "grüße 😀 عربي")
})

test("html refuses a value without quotes in an attribute", () => {
  assert.throws(() => html`<p title=${"x"}>`, {
    name: "TypeError",
    message: "An attribute's value needs quotes",
  })
})

test("a text, and an object that looks like HTML, do not compile where HTML is wanted", () => {
  // @ts-expect-error A text is no HTML.
  const text: Html = "<b>x</b>"
  // @ts-expect-error Only the tag makes HTML.
  const made: Html = { toString: () => "<b>x</b>" }
  // @ts-expect-error A list of texts is no list of HTML.
  const list = html`${["<b>"]}`
  // A list that gets past the compiler is no way around either: nothing in it is an attribute.
  assert.deepEqual([text, String(made)], ["<b>x</b>", "<b>x</b>"])
  assert.equal(String(list), "&lt;b&gt;")
})
