// The second half of an import: creates the users in the spool, a batch in one step. Users of one
// batch are there all or not at all. When it is cut short, the batches before are there.

import { OperatorError } from "../../errors.ts"
import type { Spool } from "../../system/spool.ts"
import { grouped } from "../columns.ts"
import { nameFaults, type SpooledBatch } from "./check_users.ts"
import type { ImportReport } from "./import_report.ts"
import type { TransferPlace } from "./transfer_place.ts"

/**
 * Creates the users of a spool. Those who turn out to be there are no longer counted as users.
 * @throws OperatorError that says how many were created before
 */
export async function createUsers(
  spool: Pick<Spool, "read">,
  {
    place,
    report,
  }: { readonly place: Pick<TransferPlace, "create">; readonly report: ImportReport },
): Promise<void> {
  const { counts, progress } = report
  const all = counts.users
  let done = 0
  for await (const part of spool.read()) {
    const { lines, users } = JSON.parse(part.toString()) as SpooledBatch
    const outcomes = await place.create(users, { isTrial: false }).catch((error) => {
      throw cutShort(error, { done, all })
    })
    for (const [at, outcome] of outcomes.entries()) {
      // Somebody else created the user since the check.
      if (outcome !== "created") counts.users -= 1
      if (outcome === "same") counts.same += 1
      if (outcome === "taken" || outcome === "reserved") {
        report.bad(lines[at] as number, nameFaults[outcome])
      }
    }
    done += users.length
    progress.show(() => `Imported ${grouped(done)} of ${grouped(all)} users`)
  }
}

function cutShort(error: unknown, { done, all }: { readonly done: number; readonly all: number }) {
  if (!(error instanceof OperatorError)) return error
  const { exitCode, message } = error
  return new OperatorError(
    `Imported ${grouped(done)} of ${grouped(all)} users, then it was cut short: ${message}`,
    {
      hint: "Run the same command again: it goes on with the others.",
      exitCode,
      cause: error,
    },
  )
}
