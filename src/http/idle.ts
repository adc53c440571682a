// Ends connections that are kept open and on which nobody asks for anything. Node's own timer for
// that (`keepAliveTimeout`) is stopped and made anew with every request, for a twentieth of the
// time that a guarded one takes. This looks at all connections now and then instead. A request that
// has begun, or a first one that does not come, is Node's to refuse in its time (limits.ts).

import type { Connection } from "./connection.ts"

/** What is looked at of a socket. */
interface Watched {
  readonly bytesRead: number
  destroy(): void
}

/** Makes the function to be called every so often; from the `looksMax`th idle look on it ends. */
export function createIdleWatch(looksMax: number): (open: Iterable<[Watched, Connection]>) => void {
  return (open) => {
    for (const [socket, connection] of open) {
      const { requests, owed, bytesTaken } = connection
      const isIdle = requests > 0 && owed === 0 && socket.bytesRead === bytesTaken
      connection.idleLooks = isIdle ? connection.idleLooks + 1 : 0
      if (connection.idleLooks >= looksMax) socket.destroy()
    }
  }
}
