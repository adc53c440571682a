// The tables of docs/api.md, made of the route table and of the description of the API.

import { errorCodes } from "../../src/errors.ts"
import { problem } from "../../src/http/problem.ts"
import { shownPath } from "../../src/http/router.ts"
import { operations } from "../../src/openapi/document.ts"
import { errorTexts } from "../../src/openapi/error_texts.ts"
import { type RouteParts, routes } from "../../src/routes.ts"
import { adminRows } from "./documented.ts"

const issuer = "https://login.example.org"

/** The table of the admin API's page, by its first heading. */
export function adminTables(): Readonly<Record<"Method", string>> {
  return {
    Method: tableText(
      ["Method", "Path", "If-Match", "What it does"],
      adminRows.map(([method, row]) => {
        const path = shownPath(row)
        const { summary, isConditional = false } = operations[`${method} ${path}`] ?? {}
        return [method, `\`${path}\``, isConditional ? "yes" : "", summary ?? ""]
      }),
    ),
  }
}

/** The tables, by their first heading. */
export function apiTables(): Readonly<Record<"Method" | "Status", string>> {
  const parts = { sessions: {}, machine: () => {}, issuer } as unknown as RouteParts
  const rows = routes(parts).flat()
  return {
    Method: tableText(
      ["Method", "Path", "Who may", "What it does"],
      rows.map(([method, path, { access }]) => {
        return [method, `\`${path}\``, access, operations[`${method} ${path}`]?.summary ?? ""]
      }),
    ),
    Status: tableText(
      ["Status", "`error`", "When"],
      errorCodes.map((code) => [String(problem(code, "").status), `\`${code}\``, errorTexts[code]]),
    ),
  }
}

/** A page with its tables replaced by these. */
export function withTables(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [heading, table]) => {
    const pattern = new RegExp(`^\\| ${heading} \\|.*\n(?:\\|.*\n)+`, "m")
    return text.replace(pattern, () => table)
  }, page)
}

function tableText(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headings, headings.map(() => "---"), ...rows]
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("")
}
