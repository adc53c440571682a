// Ends connections that are kept open and on which nobody asks for anything. Node's own timer for
// that (`keepAliveTimeout`) is stopped and made anew with every request, for a twentieth of the
// time that a guarded one takes. This looks at all connections now and then instead. A request
// that does not come, or too slowly, Node refuses in its time (limits.ts); but not blank lines
// after an answer, which begin no request: so what has more bytes is ended, too, only later.

import type { Connection } from "./connection.ts"
import type { HttpLimits } from "./limits.ts"

/** What is looked at of a socket. */
interface Watched {
  readonly bytesRead: number
  destroy(): void
}

/** Makes the function to be called every `checkIntervalMillis` with all connections. */
export function createIdleWatch({
  keepAliveMillis,
  headersMillisMax,
  checkIntervalMillis,
}: Pick<HttpLimits, "keepAliveMillis" | "headersMillisMax" | "checkIntervalMillis">): (
  open: Iterable<readonly [Watched, Connection]>,
) => void {
  // One more: the first look may come right after the answer, and clients are told how long.
  const looksMax = Math.ceil(keepAliveMillis / checkIntervalMillis) + 1
  const looksMaxWithMore = looksMax + Math.ceil(headersMillisMax / checkIntervalMillis) + 1

  return (open) => {
    for (const [socket, connection] of open) {
      const { requests, owed, bytesTaken } = connection
      const isWaiting = requests > 0 && owed === 0
      connection.idleLooks = isWaiting ? connection.idleLooks + 1 : 0
      const hasMore = socket.bytesRead !== bytesTaken
      if (connection.idleLooks >= (hasMore ? looksMaxWithMore : looksMax)) socket.destroy()
    }
  }
}
