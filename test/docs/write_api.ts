// Writes the tables of docs/api.md and docs/admin-api.md: `npm run docs`.

import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { adminTables, apiTables, withTables } from "../support/api_page.ts"

for (const [name, tables] of [
  ["api", apiTables()],
  ["admin-api", adminTables()],
] as const) {
  const page = fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url))
  writeFileSync(page, withTables(readFileSync(page, "utf8"), tables))
}
