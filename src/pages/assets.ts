// The sheet and the script under names with a hash of their content: a browser keeps them for good,
// and fetches them again when they have changed.

import { createHash } from "node:crypto"
import { script } from "./script.ts"
import { style } from "./style.ts"

/** What a browser fetches for a page. */
interface Asset {
  readonly type: string
  readonly text: string
}

/** Below this path the assets are. */
const assetDirectory = "/pages"

const sheetName = named("css", style)
const scriptName = named("js", script)

/** The assets by name. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  [sheetName, { type: "text/css; charset=utf-8", text: style }],
  [scriptName, { type: "text/javascript; charset=utf-8", text: script }],
])

/** Where the sheet is. */
export const sheetPath = `${assetDirectory}/${sheetName}`
/** Where the script is. */
export const scriptPath = `${assetDirectory}/${scriptName}`

function named(extension: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16)
  return `postern.${hash}.${extension}`
}
