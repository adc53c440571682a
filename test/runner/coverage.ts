// Reports the coverage of a whole run, and holds it against the limits of .c8rc.json.

import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { FileResult } from "./pool.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
/** Rooms of src/ that tests reach by system programs, which need not be installed. */
const roomsOfPrograms: readonly string[] = ["cli/doctor", "store/postgres"]
/** Every line and branch of these is tested. */
const core: readonly string[] = ["src/token/**", "src/http/guard.ts", "src/store/json/journal.ts"]

/** The rooms whose tests were left out. Their code counts for no limit. */
export function roomsLeftOut(
  results: readonly Pick<FileResult, "file" | "skipped">[],
): readonly string[] {
  return roomsOfPrograms.filter((room) =>
    results.some(({ file, skipped }) => file.startsWith(`test/${room}/`) && skipped.length > 0),
  )
}

/** Prints the report, and gives the exit code: 1 where a limit is not reached. */
export function reportCoverage(directory: string, results: readonly FileResult[]): number {
  const c8 = join(root, "node_modules/c8/bin/c8.js")
  const { exclude } = JSON.parse(readFileSync(join(root, ".c8rc.json"), "utf8"))
  const leftOut = roomsLeftOut(results).map((room) => `src/${room}/**`)
  const report = [c8, "report", "--temp-directory", directory]
  for (const words of [
    [...report, ...[...exclude, ...leftOut].flatMap((files) => ["--exclude", files])],
    [...report, "--100", ...core.flatMap((files) => ["--include", files])],
  ]) {
    const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" })
    if (status !== 0) return 1
  }
  return 0
}
