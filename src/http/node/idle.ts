// Ends idle connections. Node restarts its own timers with every request, read and write, which
// takes a twentieth of the time of a guarded request. This looks at all connections from time to
// time instead.
//
// Idle between requests (instead of Node's `keepAliveTimeout`): a connection is ended after a
// number of looks. If bytes have arrived, a request may have begun, so the connection gets more
// looks: Node refuses a slow request in time (limits.ts), but takes blank lines for no request.
// Trusted proxies get more looks, too: they keep connections for a minute or more, and would send a
// request into one that ends here.
//
// Answers that are not read (instead of `server.timeout`): a connection with unread bytes gets
// Node's timer, which starts again whenever the system gets rid of some.

import type { Socket } from "node:net"
import type { Connection } from "./connection.ts"
import type { HttpLimits } from "./limits.ts"

/** What a look reads and does. */
type Watched = Pick<Socket, "bytesRead" | "writableLength" | "timeout" | "setTimeout" | "destroy">

/** Makes the function to be called every `checkIntervalMillis` with all connections. */
export function createIdleWatch({
  keepAliveMillis,
  proxyKeepAliveMillis,
  headersMillisMax,
  unreadMillisMax,
  checkIntervalMillis,
}: HttpLimits): (open: Iterable<readonly [Watched, Connection]>) => void {
  // One more, since the first look may come right after the answer.
  const looksOf = (millis: number) => Math.ceil(millis / checkIntervalMillis) + 1
  const looksMax = looksOf(keepAliveMillis)
  const looksMaxOfProxy = looksOf(proxyKeepAliveMillis)
  const looksForMore = looksOf(headersMillisMax)

  return (open) => {
    for (const [socket, connection] of open) {
      const { peer, requests, owed, bytesTaken } = connection
      const isWaiting = requests > 0 && owed === 0
      connection.idleLooks = isWaiting ? connection.idleLooks + 1 : 0
      const hasMore = socket.bytesRead !== bytesTaken
      const most = (peer.isTrusted ? looksMaxOfProxy : looksMax) + (hasMore ? looksForMore : 0)
      if (connection.idleLooks >= most) socket.destroy()
      const millisMax = socket.writableLength > 0 ? unreadMillisMax : 0
      if ((socket.timeout ?? 0) !== millisMax) socket.setTimeout(millisMax)
    }
  }
}
