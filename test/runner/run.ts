// Runs the tests: all of them, with coverage, or those of the files and folders that are named.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { reportCoverage } from "./coverage.ts"
import { type FileResult, runFiles } from "./pool.ts"
import { describeFailure, describeProgress, summarize } from "./summary.ts"
import { killWorkers } from "./worker_process.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
/** Collects garbage many times, which takes three times as long in a process that ran others. */
const inFreshProcess = "test/kept_memory.test.ts"
/** Of the files that take long, those that keep a core busy start first. */
const busy: readonly string[] = [inFreshProcess, "test/browser/", "test/bin/", "test/api/"]
/**
 * The others mostly wait for processes. They start from the end, so that both run at a time: those
 * that wait longest start first, and the short files are left to the end.
 */
const waiting: readonly string[] = ["test/store/", "test/races/", "test/e2e/", "test/cli/doctor/"]
const limits = { secondsMax: 300, endSecondsMax: 30 }
const progressSeconds = 5

function testFiles(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path]
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort()
  return names.filter((name) => name.endsWith(".test.ts")).map((name) => join(path, name))
}

function rank(file: string): number {
  const isBelow = (folder: string) => relative(root, file).startsWith(folder)
  const place = busy.findIndex(isBelow)
  return place === -1 ? busy.length + 1 + waiting.findIndex(isBelow) : place
}

function print(text: string): void {
  process.stdout.write(text)
}

/** Runs the tests, and gives the exit code. */
async function main(paths: readonly string[]): Promise<number> {
  const isWhole = paths.length === 0
  const named = isWhole ? [join(root, "test")] : paths.map((path) => resolve(path))
  const files = named.flatMap(testFiles).sort((a, b) => rank(a) - rank(b))
  const coverage = isWhole ? mkdtempSync(join(tmpdir(), "postern-coverage-")) : undefined
  try {
    const results: FileResult[] = []
    const started = performance.now()
    const seconds = () => (performance.now() - started) / 1000
    const timer = setInterval(() => {
      print(describeProgress(results, { files: files.length, seconds: seconds() }))
    }, progressSeconds * 1000)
    await runFiles(files, {
      // More than there are cores, since many tests wait for a timer or for another process.
      width: Math.min(files.length, availableParallelism() + 2),
      ...limits,
      ...(coverage === undefined ? {} : { coverage }),
      onResult(result) {
        const shown = { ...result, file: relative(root, result.file) }
        results.push(shown)
        print(describeFailure(shown))
      },
    })
    clearInterval(timer)
    print(summarize(results, seconds()))
    if (results.length === 0 || results.some(({ failures }) => failures.length > 0)) return 1
    return coverage === undefined ? 0 : reportCoverage(coverage, results)
  } finally {
    if (coverage !== undefined) rmSync(coverage, { recursive: true, force: true })
  }
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    killWorkers()
    process.exit(130)
  })
}

process.exitCode = await main(process.argv.slice(2))
