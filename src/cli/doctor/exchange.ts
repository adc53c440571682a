// Asks a server over HTTP/1.1, byte by byte as the caller says. The only file of the command line
// that opens connections to other machines. It never follows a redirect. It looks at a certificate
// that can't be trusted instead of refusing it, so what is sent here must never be a secret.

import { lookup } from "node:dns/promises"
import { connect, isIP, type Socket } from "node:net"
import { connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls"
import { monotonicMillis, secondsOfDate } from "../../clock.ts"
import { systemCode } from "../../errors.ts"
import { type HttpAnswer, keepsConnection, type Reading, readAnswer } from "./http_answer.ts"

/** Where to connect. */
export interface Endpoint {
  /** An IP address. */
  readonly address: string
  readonly port: number
  /** The name that the certificate must have; null without TLS. */
  readonly tlsName: string | null
}

/** A request, as it is sent. */
export interface Question {
  readonly method: string
  readonly target: string
  /** Names and values in turn. `Content-Length` is added for a body. */
  readonly rawHeaders: readonly string[]
  readonly body?: string
}

/** What is known of a certificate. */
export interface CertificateFacts {
  /** Why it is not trusted; null when it is. */
  readonly fault: string | null
  readonly names: string
  /** Epoch seconds. */
  readonly validTo: number
  readonly issuer: string
  /** How many certificates the server sent. */
  readonly sent: number
  readonly protocol: string
}

/** A connection. */
interface Link {
  readonly localAddress: string
  readonly localPort: number
  /** Null without TLS. */
  readonly certificate: CertificateFacts | null
}

/** Why there is no answer. */
export interface Failure {
  readonly stage: "connect" | "tls" | "answer"
  /** A system error's code, `timeout`, `closed` or `not_http`. */
  readonly code: string
}

/** What came of a question. */
export interface Exchange {
  readonly question: Question
  readonly answer: HttpAnswer | null
  /** Null with an answer. */
  readonly failure: Failure | null
  readonly link: Link | null
  readonly millis: number
}

/** The addresses of a name. */
export interface Lookup {
  readonly addresses: readonly string[]
  /** Why there are none; null otherwise. */
  readonly failure: string | null
}

interface OpenLink {
  readonly socket: Socket
  readonly link: Link
}

/** Looks up the addresses of a name, as other programs of this machine do. */
export async function lookUp(name: string, millisMax: number): Promise<Lookup> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("timeout")), millisMax)
  })
  try {
    const found = await Promise.race([lookup(name, { all: true }), timeout])
    return { addresses: [...new Set(found.map(({ address }) => address))], failure: null }
  } catch (error) {
    return { addresses: [], failure: systemCode(error) ?? (error as Error).message }
  } finally {
    clearTimeout(timer)
  }
}

/** Asks one question after the other, on one connection while the server keeps it. */
export async function askInTurn(
  endpoint: Endpoint,
  questions: readonly Question[],
  millisMax: number,
): Promise<readonly Exchange[]> {
  const exchanges: Exchange[] = []
  let open: OpenLink | null = null
  for (const question of questions) {
    const startedAt = monotonicMillis()
    const close = (exchange: Pick<Exchange, "answer" | "failure">) => {
      const millis = Math.round(monotonicMillis() - startedAt)
      exchanges.push({ question, ...exchange, link: open?.link ?? null, millis })
    }
    const opened: OpenLink | Failure = open ?? (await openLink(endpoint, millisMax))
    if ("stage" in opened) {
      close({ answer: null, failure: opened })
      continue
    }
    open = opened
    const answer = await askOn(opened.socket, question, millisMax)
    if ("stage" in answer) close({ answer: null, failure: answer })
    else close({ answer, failure: null })
    if ("stage" in answer || !keepsConnection(answer)) {
      opened.socket.destroy()
      open = null
    }
  }
  open?.socket.destroy()
  return exchanges
}

/** The bytes of a request. */
export function bytesOf({ method, target, rawHeaders, body }: Question): Buffer {
  const length = body === undefined ? [] : ["Content-Length", `${Buffer.byteLength(body)}`]
  const all = [...rawHeaders, ...length]
  const lines = all.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []))
  const head = [`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n")
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")])
}

function openLink(
  { address, port, tlsName }: Endpoint,
  millisMax: number,
): Promise<OpenLink | Failure> {
  return new Promise((resolve) => {
    let stage: Failure["stage"] = "connect"
    const where = { host: address, port }
    const raw = connect(where)
    let socket: Socket = raw
    const fail = (code: string) => {
      clearTimeout(timer)
      raw.destroy()
      resolve({ stage, code })
    }
    const timer = setTimeout(() => fail("timeout"), millisMax)
    const done = (certificate: CertificateFacts | null) => {
      clearTimeout(timer)
      const { localAddress = "", localPort = 0 } = raw
      resolve({ socket, link: { localAddress, localPort, certificate } })
    }
    const watch = (one: Socket) => {
      one.on("error", (error) => fail(systemCode(error) ?? error.message))
      one.on("close", () => fail("closed"))
    }
    watch(raw)
    raw.once("connect", () => {
      raw.setNoDelay(true)
      if (tlsName === null) return done(null)
      stage = "tls"
      const name = isIP(tlsName) === 0 ? { servername: tlsName } : { host: tlsName }
      // Faults of the certificate are reported below, and no secret is sent.
      const secure = connectTls({ socket: raw, ...name, rejectUnauthorized: false })
      socket = secure
      watch(secure)
      secure.once("secureConnect", () => done(certificateOf(secure)))
    })
  })
}

function certificateOf(socket: TLSSocket): CertificateFacts {
  const found = socket.getPeerCertificate(true)
  const { subjectaltname, subject, issuer, valid_to: validTo } = found
  // Node's type says Error; it is a code.
  const fault = socket.authorized ? null : codeOf(socket.authorizationError)
  return {
    fault,
    names: subjectaltname ?? String(subject?.CN ?? ""),
    validTo: secondsOfDate(validTo),
    issuer: String(issuer?.CN ?? issuer?.O ?? ""),
    sent: countSent(found),
    protocol: socket.getProtocol() ?? "",
  }
}

function codeOf(error: unknown): string {
  return typeof error === "string" ? error : (systemCode(error) ?? String(error))
}

function countSent(certificate: PeerCertificate): number {
  const seen = new Set<string>()
  let one: PeerCertificate | undefined = certificate
  while (one?.fingerprint256 !== undefined && !seen.has(one.fingerprint256)) {
    seen.add(one.fingerprint256)
    one = (one as { issuerCertificate?: PeerCertificate }).issuerCertificate
  }
  return seen.size
}

function askOn(
  socket: Socket,
  question: Question,
  millisMax: number,
): Promise<HttpAnswer | Failure> {
  const isHead = question.method === "HEAD"
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0)
    const end = (outcome: HttpAnswer | Failure) => {
      clearTimeout(timer)
      socket.off("data", take).off("end", ended).off("error", failed).off("close", ended)
      resolve(outcome)
    }
    const settle = (reading: Reading, isEnded: boolean) => {
      if (typeof reading !== "string") end(reading)
      else if (reading === "not_http") end({ stage: "answer", code: reading })
      else if (isEnded) end({ stage: "answer", code: "closed" })
    }
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      settle(readAnswer(bytes, { isHead, isEnded: false }), false)
    }
    const ended = () => settle(readAnswer(bytes, { isHead, isEnded: true }), true)
    const failed = (error: Error) => {
      // An answer may have come before the reset: a server refuses a body while it is sent.
      const reading = readAnswer(bytes, { isHead, isEnded: true })
      if (typeof reading !== "string") end(reading)
      else end({ stage: "answer", code: systemCode(error) ?? error.message })
    }
    const timer = setTimeout(() => end({ stage: "answer", code: "timeout" }), millisMax)
    socket.on("data", take).on("end", ended).on("error", failed).on("close", ended)
    socket.write(bytesOf(question))
  })
}
