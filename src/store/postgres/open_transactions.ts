// Notices a transaction that stays open in any database of the cluster. Until it ends,
// PostgreSQL keeps every dead row, so sessions that are rotated often get slower and slower.

import type { Seen } from "./delta.ts"

const openSecondsMax = 120

/** Makes a watch that has seen no state. */
export function createTransactionWatch(warn: (event: string, message: string) => void) {
  let oldest = ""
  let since = 0
  let lastAt = 0
  let hasWarned = false
  /** Looks at a state, and warns once of each long transaction. */
  const look = ({ snapshot, at }: Pick<Seen, "snapshot" | "at">) => {
    lastAt = at
    const [xmin = "", xmax] = snapshot.split(":")
    if (xmin !== oldest || xmin === xmax) {
      oldest = xmin
      since = at
      hasWarned = false
    } else if (!hasWarned && at - since > openSecondsMax) {
      hasWarned = true
      const minutes = Math.floor((at - since) / 60)
      warn(
        "store.transaction_open",
        `A transaction in the database's cluster has been open for ${minutes} minutes. Until it ` +
          "ends no dead row can be removed, and requests get slower. `postern store " +
          "status` names it; set idle_in_transaction_session_timeout against it",
      )
    }
  }
  /** For how long the oldest transaction of the last state has been open, at least. */
  const openSeconds = () => lastAt - since
  return { look, openSeconds }
}
