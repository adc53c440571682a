// What the doctor prints: for people, the worst first, and for programs.

import { printable } from "../../telemetry/log.ts"
import type { Finding, Outcome } from "./finding.ts"
import { type ProxyKind, remedyLines } from "./remedies.ts"

/** What was asked, and what was found. */
export interface Report {
  readonly url: string
  readonly proxy: ProxyKind | null
  readonly findings: readonly Finding[]
}

const words: Readonly<Record<Outcome, string>> = {
  wrong: "wrong",
  warning: "warning",
  unknown: "could not check",
  ok: "ok",
}
const order: readonly Outcome[] = ["wrong", "warning", "unknown", "ok"]
const indent = "      "

/** The worst outcome. What is out of reach from everywhere does not count. */
export function resultOf(findings: readonly Finding[]): "wrong" | "unknown" | "ok" {
  const counted = findings.filter(({ isOutOfReach }) => isOutOfReach === undefined)
  if (counted.some(({ outcome }) => outcome === "wrong")) return "wrong"
  return counted.some(({ outcome }) => outcome === "unknown") ? "unknown" : "ok"
}

/** The report for people. */
export function textReport({ url, proxy, findings }: Report): string {
  const blocks = order.flatMap((outcome) =>
    merged(findings.filter((finding) => finding.outcome === outcome)).map((finding) =>
      blockOf(finding, proxy),
    ),
  )
  return `${printable(url)}\n\n${blocks.join("")}`
}

/** The report as one JSON object. */
export function jsonReport({ url, proxy, findings }: Report): string {
  const rows = findings.map(({ check, outcome, text, effect, remedy, isOutOfReach }) => ({
    ...{ check, outcome, text, effect: effect ?? null },
    change: remedy === undefined ? [] : remedyLines(remedy, proxy),
    ...(isOutOfReach === undefined ? {} : { out_of_reach: true }),
  }))
  return `${JSON.stringify({ url, proxy, result: resultOf(findings), findings: rows }, null, 2)}\n`
}

/** Findings with the same words are one, with the names of all their checks. */
function merged(findings: readonly Finding[]): readonly Finding[] {
  const byText = new Map<string, Finding>()
  for (const finding of findings) {
    const known = byText.get(finding.text)
    const check = known === undefined ? finding.check : `${known.check}, ${finding.check}`
    byText.set(finding.text, { ...finding, check })
  }
  return [...byText.values()]
}

function blockOf({ check, outcome, text, effect, remedy }: Finding, proxy: ProxyKind | null) {
  const lines = [
    `${words[outcome]}: ${check}: ${text}`,
    ...(effect === undefined ? [] : [`${indent}${effect}`]),
    ...(remedy === undefined ? [] : remedyLines(remedy, proxy).map((line) => `${indent}> ${line}`)),
  ]
  return lines.map((line) => `${printable(line)}\n`).join("")
}
