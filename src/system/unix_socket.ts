// Unix domain sockets: one line of text in, one line out, and behind that line the pieces of a long
// answer (frames.ts). The mode of a socket's directory decides who may connect. They work across
// containers that share a volume.

import { once } from "node:events"
import { createConnection, createServer, type Socket } from "node:net"
import { relative } from "node:path"
import { exitCodes, OperatorError, systemCode } from "../errors.ts"
import { endFrame, frameOf, readFrames } from "./frames.ts"

/** A long answer: a line, and pieces behind it. */
export interface LongAnswer {
  readonly line: string
  readonly pieces: AsyncIterable<Uint8Array>
}

/** Answers one line. A rejection closes the connection without an answer. */
export type LineHandler = (line: string) => Promise<string | LongAnswer>

/** A socket that is listened on. */
export interface LocalSocket {
  close(): Promise<void>
}

/** Nobody listens at a path. A killed process may have left the name. */
export class NobodyListens extends Error {
  override readonly name = "NobodyListens"
}

const lineBytesMax = 65_536
const silenceSecondsMax = 30
/** For so long the reader of a long answer may read nothing: a person may type a password there. */
const pauseSecondsMax = 300
const connectionsMax = 64
/** While more bytes of answers are unread, further answers are dropped. */
const unreadBytesMax = 16 * 1024 * 1024
const closeMillis = 200

/** The longest path of a socket, without its closing NUL (unix(7)). */
export const socketPathBytesMax = process.platform === "darwin" ? 103 : 107

/**
 * Listens at a path where no name may be yet.
 * @throws OperatorError when the path is too long for a socket
 */
export async function listenLocally(path: string, answer: LineHandler): Promise<LocalSocket> {
  /** All connections; those whose line is being answered are left alone by `close`. */
  const connections = new Set<Socket>()
  const answering = new Set<Socket>()
  const server = createServer((socket) => {
    connections.add(socket)
    socket.on("close", () => connections.delete(socket))
    readLine(socket, async (line) => {
      answering.add(socket)
      try {
        const given = await answer(line)
        // Nobody waits for the end of a long answer when the service stops.
        answering.delete(socket)
        if (typeof given !== "string") await send(given, socket)
        else if (unreadBytes() > unreadBytesMax) socket.destroy()
        else socket.end(`${given}\n`)
      } catch {
        socket.destroy()
      } finally {
        answering.delete(socket)
      }
    })
  })
  server.maxConnections = connectionsMax
  server.listen(shortest(path))
  await once(server, "listening")
  // A socket that fails later (no descriptors left) must not end the process.
  server.on("error", () => {})
  return { close }

  function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    const timer = setInterval(endRest, closeMillis)
    endRest()
    return closed.finally(() => clearInterval(timer))
  }

  function unreadBytes(): number {
    return [...connections].reduce((sum, { writableLength }) => sum + writableLength, 0)
  }

  // Clients that have not asked, or don't read their answer, must not delay the end.
  function endRest(): void {
    for (const socket of connections) if (!answering.has(socket)) socket.destroy()
  }
}

async function send({ line, pieces }: LongAnswer, socket: Socket): Promise<void> {
  socket.setTimeout(pauseSecondsMax * 1000)
  socket.write(`${line}\n`)
  for await (const piece of pieces) {
    // No piece is empty, but for the end.
    if (piece.byteLength > 0 && !socket.write(frameOf(piece))) await drained(socket)
    if (socket.destroyed) return
  }
  socket.end(endFrame)
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      socket.off("drain", go).off("close", go)
      resolve()
    }
    socket.on("drain", go).on("close", go)
    if (socket.destroyed) go()
  })
}

// Into one buffer: pieces of a byte each would take far more memory than the line.
function readLine(socket: Socket, take: (line: string) => void): void {
  const line = Buffer.alloc(lineBytesMax)
  let length = 0
  let isOver = false
  socket.setTimeout(silenceSecondsMax * 1000, () => socket.destroy())
  socket.on("error", () => socket.destroy())
  socket.on("data", (chunk: Buffer) => {
    if (isOver) return
    const end = chunk.indexOf("\n")
    const piece = end === -1 ? chunk : chunk.subarray(0, end)
    const isTooLong = length + piece.byteLength > lineBytesMax
    isOver = isTooLong || end !== -1
    if (isTooLong) socket.destroy()
    else length += piece.copy(line, length)
    if (isOver && !isTooLong) take(line.toString("utf8", 0, length))
  })
}

/**
 * Sends a line and gives the line of the answer.
 * @throws NobodyListens when there is no name, or only one that a killed process left behind
 */
export async function askLocally(path: string, line: string): Promise<string> {
  const { socket, answer } = await ask(path, line)
  socket.destroy()
  return answer
}

/**
 * Sends a line, and gives the line of the answer with the pieces behind it. They are read to their
 * end, or given up.
 * @throws NobodyListens as `askLocally`
 */
export async function askForPieces(path: string, line: string): Promise<LongAnswer> {
  const { socket, answer, rest, stream } = await ask(path, line)
  return { line: answer, pieces: piecesFrom(socket, { rest, stream }) }
}

async function ask(path: string, line: string) {
  const socket = createConnection(shortest(path))
  socket.setTimeout(silenceSecondsMax * 1000, () => {
    socket.destroy(new Error(`No answer within ${silenceSecondsMax} seconds`))
  })
  try {
    await once(socket, "connect")
  } catch (error) {
    throw saysNobody(error as Error) ? new NobodyListens(`Nobody listens at '${path}'`) : error
  }
  socket.write(`${line}\n`)
  const stream = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const chunks: Buffer[] = []
  for (let isWhole = false; !isWhole; ) {
    const { done, value } = await stream.next()
    if (done) throw new Error("The connection ended without an answer")
    chunks.push(value)
    isWhole = value.includes("\n")
  }
  const bytes = Buffer.concat(chunks)
  const end = bytes.indexOf("\n")
  return { socket, stream, answer: bytes.toString("utf8", 0, end), rest: bytes.subarray(end + 1) }
}

async function* piecesFrom(
  socket: Socket,
  { rest, stream }: { readonly rest: Uint8Array; readonly stream: AsyncIterator<Buffer> },
): AsyncIterable<Uint8Array> {
  try {
    yield* readFrames(rest, withPatience(stream, socket))
  } finally {
    socket.destroy()
  }
}

/** A stream whose silence counts only while somebody waits for it. */
function withPatience(stream: AsyncIterator<Buffer>, socket: Socket): AsyncIterator<Buffer> {
  socket.setTimeout(0)
  return {
    async next() {
      socket.setTimeout(silenceSecondsMax * 1000)
      try {
        return await stream.next()
      } finally {
        socket.setTimeout(0)
      }
    },
  }
}

/**
 * Whether a process listens at a path. It need not answer: one that is stopped or busy still
 * listens. False only when it is certain that there is none.
 */
export async function isListenedOn(path: string): Promise<boolean> {
  return (await knock(path)) !== "nobody"
}

/** Connects to a path. "nobody": refused, or no such name; "unclear": another error. */
export function knock(path: string): Promise<"connected" | "nobody" | "unclear"> {
  return new Promise((resolve) => {
    const socket = createConnection(shortest(path))
    socket.on("connect", () => {
      socket.destroy()
      resolve("connected")
    })
    socket.on("error", (error) => resolve(saysNobody(error) ? "nobody" : "unclear"))
  })
}

function saysNobody(error: Error): boolean {
  const code = systemCode(error)
  return code === "ENOENT" || code === "ECONNREFUSED"
}

// Node 20 cuts a longer path off, and would make a socket at another path.
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path)
  const shorter = fromHere.length < path.length ? fromHere : path
  if (Buffer.byteLength(shorter) <= socketPathBytesMax) return shorter
  throw new OperatorError(`The path of a Unix socket is too long: '${shorter}'`, {
    hint: `It can have ${socketPathBytesMax} bytes. Set POSTERN_DATA_DIR to a shorter one.`,
    exitCode: exitCodes.badSettings,
  })
}
