// What every page has to keep, checked in its markup: for people who can't see it, for password
// managers, and for the policy that it is sent with.

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Html } from "../../src/pages/html.ts"

/** Elements without an end tag (HTML §13.1.2). */
const empty = new Set(["meta", "link", "input", "path", "circle", "!doctype"])

/** A tag of a page. */
export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

/** The start tags of a page, in their order. Throws for markup that does not nest. */
export function tagsOf(page: string): readonly Tag[] {
  const open: string[] = []
  const tags: Tag[] = []
  const pattern = /<(\/?)(!?[a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*(\/?)>/gi
  let rest = page
  for (const [whole, end, name = "", attributes = "", closed] of page.matchAll(pattern)) {
    rest = rest.replace(whole, "")
    const lower = name.toLowerCase()
    if (end === "/") {
      assert.equal(open.pop(), lower, `</${lower}>`)
      continue
    }
    tags.push({ name: lower, attributes: attributesOf(attributes) })
    if (!empty.has(lower) && closed !== "/") open.push(lower)
  }
  assert.deepEqual(open, [], "tags that are not closed")
  // Whatever is left is text: a sign of a tag in it was not escaped.
  assert.doesNotMatch(rest, /[<>]/)
  return tags
}

/** The text of an element with this id. */
export function textOf(page: string, id: string): string | null {
  const found = new RegExp(`<[^>]* id="${id}"[^>]*>([\\s\\S]*?)</`).exec(page)
  return found?.[1]?.replace(/<[^>]*>/g, "") ?? null
}

/** Checks what holds for every page. */
export function checkPage(page: string): void {
  const tags = tagsOf(page)
  const all = (name: string) => tags.filter((tag) => tag.name === name)
  assert.equal(tags[0]?.name, "!doctype")
  assert.equal(all("html")[0]?.attributes["lang"], "en")
  assert.deepEqual([all("h1").length, all("main").length, all("title").length], [1, 1, 1])
  const ids = tags.flatMap(({ attributes }) => attributes["id"] ?? [])
  assert.equal(new Set(ids).size, ids.length, "an id twice")
  for (const { name, attributes } of tags) {
    // The policy of the pages lets none of these through.
    const inline = Object.keys(attributes).find((one) => one.startsWith("on") || one === "style")
    assert.equal(inline, undefined, `<${name} ${inline}>`)
    for (const id of (attributes["aria-describedby"] ?? "").split(" ").filter(Boolean)) {
      assert.ok(ids.includes(id), `#${id} describes and is not there`)
    }
  }
  assert.ok(tags.filter(({ attributes }) => "autofocus" in attributes).length <= 1)
  for (const { attributes } of all("form")) assert.equal(attributes["method"], "post")
  for (const { attributes } of all("input")) checkInput(attributes, tags)
}

function checkInput(input: Tag["attributes"], tags: readonly Tag[]): void {
  if (input["type"] === "hidden") return
  assert.ok(input["name"])
  if (input["type"] === "checkbox") return
  assert.ok(input["autocomplete"], input["name"])
  if ("hidden" in input) return
  const isLabelled = tags.some(({ attributes }) => attributes["for"] === input["id"])
  assert.ok(isLabelled, `${input["name"]} has no label`)
  if (input["aria-invalid"] === "true") assert.ok(input["aria-describedby"])
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([a-z-]+)(?:="([^"]*)")?/gi)]
  const names = pairs.map(([, name = ""]) => name)
  assert.equal(new Set(names).size, names.length, `an attribute twice: ${text}`)
  return Object.fromEntries(pairs.map(([, name, value = ""]) => [name, value]))
}

/** The site of the pages. */
export const site = {
  name: `Ann's "<home>" & garden`,
  origin: "https://login.example.org",
  host: "login.example.org",
}
/** A text that tries to be more. */
export const hostile = `"><script>alert('x')</script>&amp;\u202e`
/** The same in markup. */
export const shown = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;?"

/** Tests that each of these pages, of `site`, is as all pages are. */
export function testPages(pages: Readonly<Record<string, Html>>): void {
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
}

/** The field with the cursor, and the text that describes what is wrong with it. */
export function faultOf(page: Html): readonly [focused: string | undefined, error: string | null] {
  const text = String(page)
  const focused = tagsOf(text).find(({ attributes }) => "autofocus" in attributes)
  const ids = (focused?.attributes["aria-describedby"] ?? "").split(" ")
  const id = ids.find((one) => one.includes("error"))
  return [focused?.attributes["id"], id === undefined ? null : textOf(text, id)]
}
