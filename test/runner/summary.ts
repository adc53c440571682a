// What `npm test` prints.

import type { FileResult } from "./pool.ts"

const slowSeconds = 5
const slowMax = 10
const namedMax = 2

/** A line while tests run. */
export function describeProgress(
  results: readonly FileResult[],
  { files, seconds }: { readonly files: number; readonly seconds: number },
): string {
  const { passed, failed } = countsOf(results)
  const counts = `${passed} tests passed, ${failed} failed`
  return `${seconds.toFixed(0)} s: ${results.length} of ${files} files, ${counts}\n`
}

/** The failures of a file: nothing when there are none. */
export function describeFailure({ file, failures }: FileResult): string {
  if (failures.length === 0) return ""
  const list = failures.map(({ name, error }) => `  ${name}\n${indent(error)}\n`)
  return `\nFAILED ${file}\n${list.join("")}  again: node --import tsx --test ${file}\n\n`
}

/** The summary at the end: what was slow, what was skipped and why, and what failed. */
export function summarize(results: readonly FileResult[], seconds: number): string {
  const { passed, failed } = countsOf(results)
  const lines = [
    ...slowLines(results),
    ...skippedLines(results),
    ...results.flatMap(({ file, failures }) =>
      failures.map(({ name, error }) => `FAILED ${file}: ${name}: ${error.split("\n")[0]}`),
    ),
    failed > 0
      ? `${failed} of ${plural(passed + failed, "test")} failed, in ${seconds.toFixed(0)} s`
      : `${plural(passed, "test")} in ${plural(results.length, "file")} passed, ` +
        `in ${seconds.toFixed(0)} s`,
  ]
  return `\n${lines.join("\n")}\n`
}

function countsOf(results: readonly FileResult[]) {
  const sum = (count: (result: FileResult) => number) =>
    results.reduce((total, result) => total + count(result), 0)
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failures }) => failures.length),
  }
}

function slowLines(results: readonly FileResult[]): readonly string[] {
  const slow = results.filter(({ seconds }) => seconds > slowSeconds)
  if (slow.length === 0) return []
  const list = [...slow]
    .sort((one, other) => other.seconds - one.seconds)
    .map(({ file, seconds }) => `${file} ${seconds.toFixed(0)} s`)
  return [`Slow: ${list.slice(0, slowMax).join(", ")}`]
}

/** Tests that are skipped for the same reason stand together: by name, or many by their number. */
function skippedLines(results: readonly FileResult[]): readonly string[] {
  const skipped = results.flatMap(({ skipped }) => skipped)
  if (skipped.length === 0) return []
  const reasons = [...new Set(skipped.map(({ reason }) => reason))]
  const list = reasons.map((reason) => {
    const names = skipped.filter((one) => one.reason === reason).map(({ name }) => name)
    const what = names.length > namedMax ? plural(names.length, "test") : names.join(", ")
    return `${what} (${reason})`
  })
  return [`${skipped.length} skipped: ${list.join("; ")}`]
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ")
}
