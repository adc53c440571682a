// Which connections are ended for being idle, look by look.

import assert from "node:assert/strict"
import { Socket } from "node:net"
import { test } from "node:test"
import { type Connection, newConnection } from "../../../src/http/node/connection.ts"
import { createIdleWatch } from "../../../src/http/node/idle.ts"
import { httpLimits } from "../../../src/http/node/limits.ts"

const peer = { address: "192.0.2.7", isTrusted: false }

/** Idle connections are ended at the sixth look, those with more bytes at the sixteenth. */
const limits = {
  ...httpLimits,
  keepAliveMillis: 4_500,
  proxyKeepAliveMillis: 9_500,
  headersMillisMax: 9_000,
  unreadMillisMax: 12_000,
  checkIntervalMillis: 1_000,
}

/** What the watch sees of a socket, which has brought so many bytes. */
function fakeSocket(bytesRead: number) {
  const socket = {
    bytesRead,
    writableLength: 0,
    timeout: 0,
    timersSet: [] as number[],
    isDestroyed: false,
    setTimeout(millis: number) {
      socket.timeout = millis
      socket.timersSet.push(millis)
      return new Socket()
    },
    destroy() {
      socket.isDestroyed = true
      return new Socket()
    },
  }
  return socket
}

/** A connection on which a request of 100 bytes was answered, and looks at it. */
function watched(members: Partial<Connection> = {}) {
  const connection = newConnection({ peer, requestsMax: 10, onAnswered: () => {} })
  Object.assign(connection, { requests: 1, bytesTaken: 100, ...members })
  const socket = fakeSocket(100)
  const watch = createIdleWatch(limits)
  /** Whether that many looks end it. */
  const look = (times: number) => {
    for (let looks = 0; looks < times; looks += 1) watch([[socket, connection]])
    return socket.isDestroyed
  }
  return { connection, socket, look }
}

test("createIdleWatch() ends a connection after the announced Keep-Alive time", () => {
  const { look } = watched()
  assert.equal(look(5), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() leaves a connection that waits for an answer, and counts again then", () => {
  const { connection, look } = watched()
  assert.equal(look(5), false)
  connection.owed = 1
  assert.equal(look(99), false)
  connection.owed = 0
  assert.equal(look(5), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() gives a request that has begun to come the time it has, and no more", () => {
  const { socket, look } = watched()
  socket.bytesRead += 1
  assert.equal(look(15), false)
  assert.equal(look(1), true)
})

test("createIdleWatch() keeps a trusted proxy's connection for longer", () => {
  const proxied = { peer: { ...peer, isTrusted: true } }
  const { look } = watched(proxied)
  assert.equal(look(10), false)
  assert.equal(look(1), true)
  const { socket, look: lookAtMore } = watched(proxied)
  socket.bytesRead += 1
  assert.equal(lookAtMore(20), false)
  assert.equal(lookAtMore(1), true)
})

test("createIdleWatch() is not held up by more and more bytes that are no request", () => {
  const { socket, look } = watched()
  for (let times = 0; times < 15; times += 1) {
    socket.bytesRead += 2
    assert.equal(look(1), false)
  }
  assert.equal(look(1), true)
})

test("createIdleWatch() leaves a connection whose first request has not come", () => {
  const { look } = watched({ requests: 0 })
  assert.equal(look(99), false)
})

test("createIdleWatch() times a client that does not read, only while something is unread", () => {
  const { socket, look } = watched({ owed: 1 })
  const timersSet = (writableLength: number) => {
    socket.writableLength = writableLength
    look(3)
    return socket.timersSet.splice(0)
  }
  assert.deepEqual(timersSet(0), [])
  assert.deepEqual(timersSet(7), [12_000])
  assert.deepEqual(timersSet(0), [0])
  assert.deepEqual(timersSet(9), [12_000])
})

test("createIdleWatch() checks every connection", () => {
  const open = [0, 1, 0].map((owed): [ReturnType<typeof fakeSocket>, Connection] => [
    fakeSocket(0),
    {
      ...newConnection({ peer, requestsMax: 10, onAnswered: () => {} }),
      ...{ requests: 1, owed },
    },
  ])
  const watch = createIdleWatch(limits)
  for (let looks = 0; looks < 6; looks += 1) watch(open)
  assert.deepEqual(
    open.map(([{ isDestroyed }]) => isDestroyed),
    [true, false, true],
  )
})
