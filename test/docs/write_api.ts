// Writes the tables of docs/api.md: `npm run docs`.

import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { apiTables, withTables } from "../support/api_page.ts"

const page = fileURLToPath(new URL("../../docs/api.md", import.meta.url))
writeFileSync(page, withTables(readFileSync(page, "utf8"), apiTables()))
