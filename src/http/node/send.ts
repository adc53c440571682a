// Writes an answer whole, in one piece, on a connection that goes on. Node's own way checks, joins
// and queues the same once more, and may take two writes: a fifth of what a guarded request takes.
//
// Node's server goes by the event "finish" of a response alone (`resOnFinish` in its
// lib/_http_server.js, 20 to 26): then it lets the next answer or request have the socket. The
// tests of this file, and all on connections, would tell if that were to change.

import type * as http from "node:http"

/**
 * Writes an answer and tells Node that it is done, or does nothing and is false: while the answer
 * before it is still to be read, Node keeps their order. An answer is done when the system has it,
 * which calls `onSent`; that never happens when the client has gone.
 */
export function sendWhole(
  outgoing: http.ServerResponse,
  text: string,
  onSent: () => void,
): boolean {
  const { socket } = outgoing
  // Without a socket it is not this answer's turn yet.
  if (socket === null || !socket.writable || socket.writableLength > 0) return false
  const done = (error?: Error | null) => {
    if (error) return
    outgoing.emit("finish")
    onSent()
  }
  socket.write(text)
  // A write that failed is over, too; that is told only later.
  if (socket.writableLength === 0 && socket.errored === null) done()
  else socket.write("", done)
  return true
}
