// What is said of a file that a newer Postern wrote: one of the store, or the keys'. Versions of a
// format are whole numbers that grow.

/** What to do about it. */
export const newerHint =
  "Start the newer Postern again, or restore the backup from before the upgrade, all files together."

/** What is wrong with a file of that version; `latest` is the last one that is read here. */
export function newerVersion(found: number, latest: number): string {
  return `its version is ${found}, and this one reads up to ${latest}`
}
