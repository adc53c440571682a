// What a running service answers to `postern doctor`, over the control socket only: its settings,
// and how requests with a marker arrived. The marker is 128 random bits that the command
// chose, it is good for a minute, and no other request is noted.
//
// A marked request may also ask for a cookie, for a large head or for a late reply, in its header:
//
//   X-Postern-Doctor: MARKER-7; cookie; padding=6000; wait=6

import { createHash } from "node:crypto"
import type { JsonObject } from "../domain/strict_json.ts"
import type { Log } from "../telemetry/log.ts"

/** The header of marked requests. */
export const markerHeader = "X-Postern-Doctor"
/** The cookie that a marked request may ask for. */
export const markerCookie = "__Host-postern_doctor"
/** The header that makes a head large. */
const paddingHeader = "X-Postern-Doctor-Padding"

const watchSecondsMax = 60
/** The oldest ends when there is another one. */
const watchesMax = 8
const notesMax = 250
/** Of heads. A browser's is less than 1 KiB. */
const notedBytesMax = 2 * 1024 * 1024
const refusalsMax = 20
const paddingMax = 8_192
const waitSecondsMax = 8
const waitersMax = 2
const markerForm = /^[\w-]{22}$/

/** Settings of the running service that the doctor compares with what it sees. */
export interface ServiceFacts {
  /** The public address; null with a shared secret and no POSTERN_ISSUER. */
  readonly publicAddress: string | null
  /** The issuer in the metadata; null with a shared secret. */
  readonly issuer: string | null
  /** Where it listens, as a URL. */
  readonly listensAt: string
  readonly trustedProxies: readonly string[]
  readonly forwardedHeader: string
  /** Null for any. */
  readonly allowedHosts: readonly string[] | null
  readonly keepAliveSeconds: { readonly client: number; readonly proxy: number }
  /** Null when the browser wing is off. */
  readonly protectedHosts: readonly ProtectedName[] | null
}

/** A line of POSTERN_PROTECT without its words. */
export interface ProtectedName {
  readonly name: string
  readonly ports: readonly number[]
}

/** What a body is compared by. */
export interface BodyMark {
  readonly bytes: number
  readonly sha256: string
}

/** A marked request as the service saw it. */
export interface SeenRequest {
  readonly id: string
  readonly method: string
  readonly target: string
  readonly httpVersion: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly peer: { readonly address: string; readonly port: number; readonly isTrusted: boolean }
  /** The place of the request on its connection, from 1. */
  readonly number: number
  /** The address that counts as the client's; null where no handler was reached. */
  client: string | null
  /** Null where no body was read. */
  body: BodyMark | null
  /** Null while there is no reply. */
  reply: {
    readonly status: number
    readonly rawHeaders: readonly string[]
    readonly body: BodyMark
  } | null
}

/** Why the server refused requests by their heads, or as no HTTP/1.1, and whose they were. */
export interface SeenRefusal {
  readonly reason: string
  readonly client: string
}

/** What a watch noted. */
export interface Seen {
  readonly requests: readonly SeenRequest[]
  readonly refusals: readonly SeenRefusal[]
}

/** The answer to a new watch. */
export interface WatchStarted extends ServiceFacts {
  /** The service's clock, in epoch seconds. */
  readonly now: number
}

/** What the command line sends. */
export interface WatchCommand {
  readonly command: "doctor.watch" | "doctor.seen"
  readonly marker: string
}

interface Watch {
  readonly marker: string
  readonly endsAt: number
  readonly requests: Map<string, SeenRequest>
  readonly refusals: Map<string, SeenRefusal>
  bytes: number
  waiters: number
}

interface ReadRequest {
  readonly id: string
  readonly headers: ReadonlyMap<string, string>
  readonly clientAddress: string
  readonly body: Uint8Array
}

interface MadeReply {
  readonly headers: Readonly<Record<string, string>>
  readonly cookies?: readonly string[]
}

interface SentReply {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: string
}

interface RequestWatchOptions {
  /** Known once the service listens. */
  readonly facts: () => ServiceFacts
  readonly clock: { readonly now: () => number; readonly steady: () => number }
}

/** Notes marked requests while a watch is on. */
export class RequestWatch {
  readonly #options: RequestWatchOptions
  #watches: readonly Watch[] = []

  constructor(options: RequestWatchOptions) {
    this.#options = options
  }

  /** Whether requests are noted. */
  get isOn(): boolean {
    return this.#watches.length > 0 && this.#current().length > 0
  }

  /** Answers a command about watches; undefined for another command. Reading a watch ends it. */
  answer({ command, marker }: JsonObject): WatchStarted | Seen | null | undefined {
    if (command !== "doctor.watch" && command !== "doctor.seen") return undefined
    if (typeof marker !== "string" || !markerForm.test(marker)) return null
    if (command === "doctor.watch") return this.#start(marker)
    const watch = this.#current().find((one) => one.marker === marker)
    if (watch === undefined) return null
    this.#watches = this.#watches.filter((one) => one !== watch)
    return { requests: [...watch.requests.values()], refusals: [...watch.refusals.values()] }
  }

  /** Notes a request that has a marker anywhere in its head. */
  arrived(request: Omit<SeenRequest, "client" | "body" | "reply">): void {
    const texts = [request.target, ...request.rawHeaders]
    const isMarked = ({ marker }: Watch) => texts.some((text) => text.includes(marker))
    const watch = this.#current().find(isMarked)
    if (watch === undefined || watch.requests.size >= notesMax) return
    watch.bytes += texts.reduce((sum, { length }) => sum + length, 0)
    if (watch.bytes > notedBytesMax) return
    watch.requests.set(request.id, { ...request, client: null, body: null, reply: null })
  }

  /** Notes the reply to a request that was noted. */
  answered(id: string, { status, rawHeaders, body }: SentReply): void {
    const seen = this.#noted(id)?.requests.get(id)
    if (seen !== undefined) seen.reply = { status, rawHeaders, body: markOf(Buffer.from(body)) }
  }

  /** Handles a request, and does to the reply what a marked request asks for. */
  async handle<Q extends ReadRequest, R extends MadeReply>(
    request: Q,
    next: (request: Q) => Promise<R>,
  ): Promise<R> {
    const watch = this.#noted(request.id)
    const seen = watch?.requests.get(request.id)
    if (watch === undefined || seen === undefined) return next(request)
    seen.client = request.clientAddress
    seen.body = markOf(request.body)
    const { hasCookie, padding, waitSeconds } = readWishes(request.headers, watch.marker)
    if (waitSeconds > 0) await wait(watch, waitSeconds)
    const reply = await next(request)
    const headers =
      padding === 0 ? reply.headers : { ...reply.headers, [paddingHeader]: "p".repeat(padding) }
    const cookies = hasCookie ? { cookies: [...(reply.cookies ?? []), cookieOf(watch)] } : {}
    return { ...reply, headers, ...cookies }
  }

  /** The same log, whose refusals of requests are noted, too. */
  listenTo(log: Log): Log {
    return {
      ...log,
      info: (event, fields) => {
        if (event === "request.refused") this.#refused(fields)
        log.info(event, fields)
      },
    }
  }

  #start(marker: string): WatchStarted {
    const { clock, facts } = this.#options
    const endsAt = clock.steady() + watchSecondsMax
    const lists = { requests: new Map(), refusals: new Map() }
    const watch: Watch = { marker, endsAt, ...lists, bytes: 0, waiters: 0 }
    this.#watches = [...this.#current(), watch].slice(-watchesMax)
    return { ...facts(), now: clock.now() }
  }

  #refused(fields: Readonly<Record<string, unknown>> = {}): void {
    const reason = String(fields["reason"])
    const client = String(fields["client"])
    const key = `${reason} ${client}`
    for (const { refusals } of this.#current()) {
      if (refusals.size < refusalsMax) refusals.set(key, { reason, client })
    }
  }

  #noted(id: string): Watch | undefined {
    return this.#watches.find(({ requests }) => requests.has(id))
  }

  #current(): readonly Watch[] {
    const now = this.#options.clock.steady()
    if (this.#watches.some(({ endsAt }) => endsAt <= now)) {
      this.#watches = this.#watches.filter(({ endsAt }) => endsAt > now)
    }
    return this.#watches
  }
}

async function wait(watch: Watch, seconds: number): Promise<void> {
  if (watch.waiters >= waitersMax) return
  watch.waiters += 1
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  watch.waiters -= 1
}

function cookieOf({ marker }: Watch): string {
  return `${markerCookie}=${marker}; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Lax`
}

/** Makes the mark of a body. */
export function markOf(body: Uint8Array): BodyMark {
  return { bytes: body.byteLength, sha256: createHash("sha256").update(body).digest("hex") }
}

function readWishes(headers: ReadonlyMap<string, string>, marker: string) {
  const [mark = "", ...wishes] = (headers.get(markerHeader.toLowerCase()) ?? "").split("; ")
  const isMarked = mark.startsWith(`${marker}-`)
  const numberOf = (name: string, most: number) => {
    const text = wishes.find((wish) => wish.startsWith(`${name}=`))?.slice(name.length + 1)
    return isMarked && /^\d{1,5}$/.test(text ?? "") ? Math.min(Number(text), most) : 0
  }
  return {
    hasCookie: isMarked && wishes.includes("cookie"),
    padding: numberOf("padding", paddingMax),
    waitSeconds: numberOf("wait", waitSecondsMax),
  }
}
