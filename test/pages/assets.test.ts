// The sheet and the script: small, named by their content, and nothing in them that the policy of
// the pages forbids.

import assert from "node:assert/strict"
import { test } from "node:test"
import { Script } from "node:vm"
import { assets, scriptPath, sheetPath } from "../../src/pages/assets.ts"
import { html } from "../../src/pages/html.ts"
import { layout } from "../../src/pages/layout.ts"
import { script } from "../../src/pages/script.ts"
import { style } from "../../src/pages/style.ts"

const site = { name: "home", origin: "https://login.example.org", host: "login.example.org" }

test("the sheet and the script have less than 12 KB together", () => {
  assert.ok(Buffer.byteLength(style) + Buffer.byteLength(script) < 12_000)
})

test("the assets have names that the router and caches can hold, and pages name them", () => {
  const page = String(layout({ title: "x", main: html`` }, site))
  for (const path of [sheetPath, scriptPath]) {
    assert.match(path, /^\/pages\/postern\.[\da-f]{16}\.(css|js)$/)
    assert.ok(page.includes(`="${path}"`))
    assert.ok(assets.has(path.slice("/pages/".length)))
  }
  assert.deepEqual(
    [...assets.values()].map(({ type }) => type),
    ["text/css; charset=utf-8", "text/javascript; charset=utf-8"],
  )
})

test("the sheet loads nothing and its braces close", () => {
  assert.doesNotMatch(style, /url\(|@import|@font-face|expression|javascript:/i)
  assert.equal(style.split("{").length, style.split("}").length)
})

test("the script is one that a browser can read, and makes no markup of texts", () => {
  assert.ok(new Script(script) instanceof Script)
  assert.doesNotMatch(script, /innerHTML|outerHTML|insertAdjacent|document\.write|eval|\$\{/)
})
