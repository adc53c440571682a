// Which connections are ended for being idle, look by look.

import assert from "node:assert/strict"
import { test } from "node:test"
import { type Connection, newConnection } from "../../src/http/connection.ts"
import { createIdleWatch } from "../../src/http/idle.ts"

const peer = { address: "192.0.2.7", isTrusted: false }

/** A connection on which a request of 100 bytes was answered, and looks at it. */
function watched(looksMax: number, members: Partial<Connection> = {}) {
  const connection = newConnection({ peer, requestsMax: 10, onAnswered: () => {} })
  Object.assign(connection, { requests: 1, bytesTaken: 100, ...members })
  const socket = {
    bytesRead: 100,
    isDestroyed: false,
    destroy() {
      socket.isDestroyed = true
    },
  }
  const watch = createIdleWatch(looksMax)
  /** Whether that many looks end it. */
  const look = (times: number) => {
    for (let looks = 0; looks < times; looks += 1) watch([[socket, connection]])
    return socket.isDestroyed
  }
  return { connection, socket, look }
}

test("createIdleWatch() ends a connection after so many idle looks in a row", () => {
  const { look } = watched(5)
  assert.equal(look(4), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() leaves a connection that waits for an answer, and counts anew then", () => {
  const { connection, look } = watched(2)
  assert.equal(look(1), false)
  connection.owed = 1
  assert.equal(look(9), false)
  connection.owed = 0
  assert.equal(look(1), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() leaves a request to others that has begun to come", () => {
  const { socket, connection, look } = watched(2)
  socket.bytesRead += 1
  assert.equal(look(9), false)
  connection.bytesTaken = socket.bytesRead
  assert.equal(look(1), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() leaves a connection whose first request has not come", () => {
  const { look } = watched(1, { requests: 0 })
  assert.equal(look(9), false)
})

test("createIdleWatch() looks at each of many", () => {
  const ended: number[] = []
  const open = [0, 1, 2].map((number): [{ bytesRead: number; destroy(): void }, Connection] => [
    { bytesRead: 0, destroy: () => ended.push(number) },
    {
      ...newConnection({ peer, requestsMax: 10, onAnswered: () => {} }),
      ...{ requests: 1, owed: number === 1 ? 1 : 0 },
    },
  ])
  createIdleWatch(1)(open)
  assert.deepEqual(ended, [0, 2])
})
