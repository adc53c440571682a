// Records of service tokens that are none: the start is refused, names the line and the member, and
// leaves every byte as it was.

import { test } from "node:test"
import { change, replaced } from "./edited_files.ts"
import { assertRefused, usedDirectory } from "./used_directory.ts"

const rows: readonly (readonly [text: string, other: string, place: RegExp])[] = [
  ['"acr":"aal1"', '"acr":"aal3"', /'acr' is missing or not valid$/],
  ['"fresh":false', '"fresh":0', /'fresh' is missing or not valid$/],
  ['"hash":"hash-of-ci"', '"hash":""', /'hash' is missing or not valid$/],
  ['"name":"ci"', '"name":"a b"', /'name' is missing or not valid$/],
  ['"lastUsedAt":null', '"lastUsedAt":-1', /'lastUsedAt' is missing or not valid$/],
  ['"lastAddress":""', '"lastAddress":7', /'lastAddress' is missing or not valid$/],
  [',"roles":["reader"],"fresh"', ',"fresh"', /'roles' is missing or not valid$/],
  [',"acr"', ',"token":"pts_x","acr"', /'token' is no member of such a record$/],
]

for (const [text, other, place] of rows) {
  test(`openJsonStore() refuses a service token with ${other}`, async (t) => {
    const directory = await usedDirectory(t)
    change(directory, "store.json", replaced(text, other))
    await assertRefused(directory, "store.json", /line \d+: serviceTokens: /)
    await assertRefused(directory, "store.json", place)
  })
}
