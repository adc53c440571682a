// How a page looks: in light and dark, on small screens, with large text, and for axe-core (WCAG
// 2.2 AA). If TEST_PICTURES names a directory, pictures for people to look at are written there.

import assert from "node:assert/strict"
import { join } from "node:path"
import axe from "axe-core"
import type { Page } from "playwright-core"

/** Brings a new browser to a page. */
export type Way = (page: Page) => Promise<unknown>

const pictures = process.env["TEST_PICTURES"]

/** A window on a desk. */
export const desk = { width: 1000, height: 760 }
/** What 1280 pixels are at 400 % (WCAG 1.4.10). */
const narrowest = { width: 320, height: 640 }
const phone = { width: 360, height: 740 }
/** The rules of axe-core that look at colours. */
const ofColours = ["color-contrast", "link-in-text-block"]
/** Tags of its rules. */
const guidelines = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

/** Looks at a page in each way. */
export async function look(page: Page, name: string): Promise<void> {
  const picture = async (kind: string) => {
    if (pictures === undefined) return
    await page.screenshot({ path: join(pictures, `${name}-${kind}.png`), fullPage: true })
  }
  await page.evaluate(axe.source)
  const schemes = [
    ["dark", ofColours],
    ["light", guidelines],
  ] as const
  for (const [colorScheme, rules] of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    assert.deepEqual(await violations(page, rules), [], colorScheme)
    await picture(colorScheme)
  }
  await page.setViewportSize(phone)
  await fits(page, "360 px")
  await picture("360")
  await page.setViewportSize(narrowest)
  await fits(page, "320 px")
  await page.setViewportSize(phone)
  await page.evaluate("document.documentElement.style.fontSize = '200%'")
  await fits(page, "text at 200 %")
  await picture("large")
  await tabThrough(page)
}

/** The keyboard comes to everything that a mouse can press, and shows where it is. */
async function tabThrough(page: Page): Promise<void> {
  const all = `[...document.querySelectorAll("a, button, input, summary")].filter((element) =>
    element.checkVisibility())`
  const count = Number(await page.evaluate(`${all}.length`))
  const reached = new Set<unknown>()
  for (let presses = 0; presses < 2 * count + 2 && reached.size < count; presses += 1) {
    await page.keyboard.press("Tab")
    const [at, outline] = (await page.evaluate(
      `[${all}.indexOf(document.activeElement), getComputedStyle(document.activeElement).outlineStyle]`,
    )) as readonly [number, string]
    if (at !== -1) assert.notEqual(outline, "none")
    if (at !== -1) reached.add(at)
  }
  assert.equal(reached.size, count, "out of reach of the keyboard")
}

async function violations(page: Page, runOnly: readonly string[]): Promise<unknown> {
  const options = { runOnly, resultTypes: ["violations"] }
  return page.evaluate(`axe.run(document, ${JSON.stringify(options)}).then(({ violations }) =>
    violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]))`)
}

/** Nothing is wider than the window, and no button cuts its text off or breaks its words. */
async function fits(page: Page, when: string): Promise<void> {
  const wide = await page.evaluate(`[...document.querySelectorAll("body *")].filter((element) =>
    element.getBoundingClientRect().right > innerWidth + 0.5 ||
    (element.matches(".button") && element.offsetHeight > element.offsetWidth) ||
    (element.matches("button, a, summary") && element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).display !== "inline")
  ).map(({ outerHTML }) => outerHTML.slice(0, 120))`)
  const scroll = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
  assert.deepEqual([wide, scroll], [[], 0], when)
}
