// The load generator: connections that each send a request, wait for the answer, and send the next
// at once, over plain sockets, with requests that were written before. Every status is looked at.

import { connect, type Socket } from "node:net"
import { ResponseReader } from "./response_reader.ts"

/** What is sent, and for how long. */
export interface Load {
  /** Of one server or several: connections go to them in turn. */
  readonly ports: readonly number[]
  readonly connections: number
  readonly millis: number
  /** The next request of a connection; the body of its answer before, null at first. */
  readonly next: (connection: number, answer: Buffer | null) => Buffer
  /** The status that every answer has to have. */
  readonly status: number
  /** Counted apart, and waited after, instead of failing: a server that says it is busy. */
  readonly busyStatus?: number
  /** Whether each connection comes from an address of its own, 127.3.0.1 and so on. */
  readonly addresses?: boolean
  /** Pause of each connection between an answer and the next request. */
  readonly pauseMillis?: number
  /** Goes on until there are so many answers, but for no more than a minute. */
  readonly answersMin?: number
  /**
   * Looks for answers without sleeping. To wake who sleeps takes a server some microseconds, more
   * often the slower it is, so without that its own work would not be told from that of the system.
   */
  readonly staysAwake?: boolean
  /** Gets the answers that come after the end: the run then waits for them. They don't count. */
  readonly late?: (connection: number, answer: Buffer) => void
  /** Read at the start and at the end, such as the processor time of the server. */
  readonly gauge?: () => number
}

/** What came of it. */
export interface LoadResult {
  readonly answers: number
  readonly seconds: number
  /** Milliseconds of each answer. */
  readonly millis: readonly number[]
  /** How often the server was busy. */
  readonly busy: number
  /** By how much the gauge went on. */
  readonly gauged: number
}

const chunkBytes = 64 * 1024
const pauseWhenBusyMillis = 50
const waitingForAnswersMillisMax = 60_000

/** Gives requests in turn, over and over. */
export function inTurn(requests: readonly Buffer[]): () => Buffer {
  let place = -1
  return () => {
    place = place + 1 === requests.length ? 0 : place + 1
    return requests[place] as Buffer
  }
}

/**
 * Sends requests until the time is over.
 * @throws Error for a status that was not expected, or a connection that failed
 */
export function runLoad(load: Load): Promise<LoadResult> {
  return new Promise((resolve, reject) => new Run(load, resolve, reject).open())
}

class Run {
  readonly #load: Load
  readonly #resolve: (result: LoadResult) => void
  readonly #reject: (error: Error) => void
  readonly #lines: Line[] = []
  readonly #millis: number[] = []
  #busy = 0
  #startedAt = 0
  #gaugedAtStart = 0
  #isOver = false
  /** While the answers after the end are waited for. */
  #result: LoadResult | null = null

  constructor(load: Load, resolve: (result: LoadResult) => void, reject: (error: Error) => void) {
    this.#load = load
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Connects all, and begins when all are. */
  open(): void {
    const { ports, connections, addresses = false } = this.#load
    let waiting = connections
    for (let number = 0; number < connections; number += 1) {
      const localAddress = addresses ? `127.3.${number >> 8}.${(number & 255) + 1}` : undefined
      const line = new Line(
        { port: ports[number % ports.length] ?? 0, localAddress },
        {
          onOpen: () => {
            waiting -= 1
            if (waiting === 0) this.#begin()
          },
          onAnswer: (status, body) => this.#take(number, status, body),
          onError: (error) => this.#fail(error),
        },
      )
      this.#lines.push(line)
    }
  }

  #begin(): void {
    this.#gaugedAtStart = this.#load.gauge?.() ?? 0
    this.#startedAt = performance.now()
    for (const [number, line] of this.#lines.entries()) line.send(this.#load.next(number, null))
    if (this.#load.staysAwake) this.#stayAwake()
  }

  #stayAwake(): void {
    if (!this.#isOver) setImmediate(() => this.#stayAwake())
  }

  #take(number: number, status: number, body: Buffer): void {
    if (this.#isOver) return
    if (this.#result !== null) {
      this.#load.late?.(number, body)
      this.#closeWhenIdle(this.#result)
      return
    }
    const line = this.#lines[number] as Line
    const now = performance.now()
    const { status: expected, busyStatus, answersMin = 0, pauseMillis = 0 } = this.#load
    let pause = pauseMillis
    if (status === expected) {
      this.#millis.push(now - line.sentAt)
    } else if (status === busyStatus) {
      this.#busy += 1
      pause = pauseWhenBusyMillis
    } else {
      this.#fail(new Error(`Answered ${status}, not ${expected}: ${body}`))
      return
    }
    const elapsed = now - this.#startedAt
    const isEnough = this.#millis.length >= answersMin || elapsed > waitingForAnswersMillisMax
    if (elapsed >= this.#load.millis && isEnough) {
      this.#load.late?.(number, body)
      this.#end(elapsed)
      return
    }
    const request = this.#load.next(number, status === expected ? body : null)
    const send = () => {
      if (this.#result === null) line.send(request)
    }
    if (pause === 0) send()
    else setTimeout(send, pause)
  }

  #end(elapsed: number): void {
    const gauged = (this.#load.gauge?.() ?? 0) - this.#gaugedAtStart
    const [answers, millis] = [this.#millis.length, this.#millis]
    const result = { answers, seconds: elapsed / 1000, millis, busy: this.#busy, gauged }
    this.#result = result
    this.#closeWhenIdle(result)
  }

  #closeWhenIdle(result: LoadResult): void {
    const isWaiting = this.#load.late !== undefined && this.#lines.some((line) => line.isWaiting)
    if (isWaiting) return
    this.#close()
    this.#resolve(result)
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#close()
    this.#reject(error)
  }

  #close(): void {
    this.#isOver = true
    for (const line of this.#lines) line.close()
  }
}

interface LineEvents {
  readonly onOpen: () => void
  readonly onAnswer: (status: number, body: Buffer) => void
  readonly onError: (error: Error) => void
}

/** A connection that is opened again when the server closed it between two requests. */
class Line {
  sentAt = 0
  readonly #target: { readonly port: number; readonly localAddress: string | undefined }
  readonly #events: LineEvents
  #socket: Socket
  #reader = this.#newReader()
  #request: Buffer | null = null
  /** Of this socket. */
  #answers = 0
  #closed = false

  constructor(target: { port: number; localAddress: string | undefined }, events: LineEvents) {
    this.#target = target
    this.#events = events
    this.#socket = this.#connect(events.onOpen)
  }

  /** Whether an answer is under way. */
  get isWaiting(): boolean {
    return this.#request !== null
  }

  send(request: Buffer): void {
    if (this.#closed) return
    this.sentAt = performance.now()
    this.#request = request
    if (this.#socket.writable) this.#socket.write(request)
    else this.#reopen()
  }

  close(): void {
    this.#closed = true
    this.#socket.destroy()
  }

  #newReader(): ResponseReader {
    return new ResponseReader((status, body) => {
      this.#request = null
      this.#answers += 1
      this.#events.onAnswer(status, body)
    })
  }

  #reopen(): void {
    this.#answers = 0
    this.#reader = this.#newReader()
    this.#socket = this.#connect(() => {
      if (this.#request !== null) this.#socket.write(this.#request)
    })
  }

  /** A server may close after as many answers as it likes; the next request is then sent again. */
  #lost(socket: Socket, error: Error): void {
    if (this.#closed || socket !== this.#socket) return
    if (this.#answers === 0) this.#events.onError(error)
    else if (this.#request !== null) this.#reopen()
  }

  #connect(onOpen: () => void): Socket {
    const { port, localAddress } = this.#target
    const socket = connect({
      ...{ host: "127.0.0.1", port, noDelay: true },
      ...(localAddress === undefined ? {} : { localAddress }),
      onread: {
        buffer: Buffer.allocUnsafe(chunkBytes),
        callback: (length: number, buffer: Uint8Array) => {
          this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length))
          return true
        },
      },
    })
    socket.once("connect", onOpen)
    socket.on("error", (error) => this.#lost(socket, error))
    socket.on("close", () =>
      this.#lost(socket, new Error("The server closed a connection without an answer")),
    )
    return socket
  }

  #read(chunk: Buffer): void {
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.#events.onError(error as Error)
    }
  }
}
