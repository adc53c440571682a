// Asks all questions, a few at a time and within a time for all of them, and puts together what
// came back and what the service saw.

import type { ProtectedName, Seen, SeenRequest } from "../../admin/request_watch.ts"
import { monotonicMillis, systemClock } from "../../clock.ts"
import { type Evidence, type GateEvidence, proxyIn, type Sample } from "./evidence.ts"
import { ask, askInTurn, type Endpoint, type Exchange, lookUp } from "./exchange.ts"
import {
  cacheProbes,
  firstProbe,
  gateProbes,
  loginProbes,
  type Probe,
  questionOf,
  turnProbes,
} from "./probes.ts"
import { type PublicAddress, readAddress } from "./public_address.ts"
import type { ServiceSide } from "./service_side.ts"

/** What a survey needs. */
export interface SurveyOptions {
  readonly marker: string
  /** Text says why the inside can't be seen. */
  readonly side: ServiceSide | string
  /** Hosts that need a login, as the settings or the service name them. */
  readonly protectedHosts: readonly ProtectedName[] | null
  /** The port at which browsers try http first. */
  readonly plainPort?: number
}

const secondsInAll = 17
const answerMillisMax = 4_000
/** An answer of Postern takes a hundredth of this. */
const lateMillis = 2_000
const atATime = 4
const addressesMax = 4
const gatesMax = 5
const plainPortOfWeb = 80

const plainProbe: Probe = { ...firstProbe, name: "plain" }
const plainGate: Probe = { name: "gate_plain", method: "GET", path: "/doctor" }

type Asked = Omit<Sample, "seen">

/** Asks, and gives what was seen. Never rejects. */
export async function survey(address: PublicAddress, options: SurveyOptions): Promise<Evidence> {
  const asker = createAsker(options.marker)
  const { side, protectedHosts, plainPort = plainPortOfWeb } = options
  const facts = typeof side === "string" ? null : side.facts
  const lookup = await lookUp(address.name, answerMillisMax)
  const addresses = lookup.addresses.slice(0, addressesMax)
  const endpoints = addresses.map((one) => endpointAt(one, address))
  const firsts = await Promise.all(endpoints.map((at) => asker.one(firstProbe, { address, at })))
  const answeredAt = systemClock.now()
  const at = firsts.find(({ exchange }) => exchange.answer !== null)?.endpoint
  const hasPages = protectedHosts !== null
  const isPlainAsked = address.isTls && (address.port === 443 || plainPort !== plainPortOfWeb)
  // Of a proxy that answers late, not everything can be asked in time.
  const isLate = firsts.every(({ exchange }) => exchange.millis > lateMillis)
  const [plain, samples, gates] =
    at === undefined
      ? [null, [], []]
      : await Promise.all([
          isPlainAsked
            ? askPlainly(asker, { address, at, port: plainPort, probe: plainProbe })
            : null,
          isLate ? [] : askLoginHost(asker, { address, at, hasPages }),
          isLate ? [] : askGates(asker, { names: protectedHosts ?? [], plainPort }),
        ])
  const seen = typeof side === "string" ? null : await side.read()
  const withSeen = (asked: Asked) => ({ ...asked, seen: seenOf(seen, asked.mark) })
  return {
    ...{ address, lookup, facts, answeredAt },
    secondsAhead: typeof side === "string" ? null : side.secondsAhead,
    firsts: firsts.map(withSeen),
    samples: samples.map(withSeen),
    gates: gates.map((gate) => ({ ...gate, samples: gate.samples.map(withSeen) })),
    plain: plain === null ? null : withSeen(plain),
    blindness: blindnessOf(side, seen),
    refusals: seen?.refusals ?? [],
    proxy: proxyIn([...firsts, ...samples]),
    isCutShort: (isLate && at !== undefined) || asker.isCutShort(),
  }
}

interface Asker {
  one(probe: Probe, where: Where): Promise<Asked>
  /** Asks on one connection, with a mark each. */
  inTurn(probes: readonly Probe[], where: Where): Promise<readonly Asked[]>
  /** Asks the same words again and again. */
  again(probe: Probe, where: Where): Promise<readonly Asked[]>
  isCutShort(): boolean
}

interface Where {
  readonly address: PublicAddress
  readonly at: Endpoint
}

function createAsker(marker: string): Asker {
  const endsAt = monotonicMillis() + secondsInAll * 1000
  let marks = 0
  let free = atATime
  let isCut = false
  const waiting: (() => void)[] = []
  const mark = () => {
    marks += 1
    return `${marker}-${marks}`
  }
  /** Runs within the time that is left, a few at a time. */
  const limited = async <T>(run: (millisMax: number) => Promise<T>, seconds?: number) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free -= 1
    try {
      const left = endsAt - monotonicMillis()
      const wanted = seconds === undefined ? answerMillisMax : seconds * 1000
      if (left < wanted) isCut = true
      return await run(Math.max(1, Math.min(left, wanted)))
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
  const asked = (probe: Probe, { address, at }: Where, name: string, exchange: Exchange) => ({
    ...{ probe, mark: name, address, endpoint: at, exchange },
  })
  return {
    isCutShort: () => isCut,
    one: (probe, where) =>
      limited(async (millisMax) => {
        const name = mark()
        const question = questionOf(probe, { address: where.address, mark: name })
        return asked(probe, where, name, await ask(where.at, question, millisMax))
      }, probe.secondsMax),
    inTurn: (probes, where) =>
      limited(async (millisMax) => {
        const names = probes.map(mark)
        const questions = probes.map((probe, index) =>
          questionOf(probe, { address: where.address, mark: names[index] ?? "" }),
        )
        const exchanges = await askInTurn(where.at, questions, millisMax)
        return exchanges.flatMap((exchange, index) => {
          const probe = probes[index]
          return probe === undefined ? [] : [asked(probe, where, names[index] ?? "", exchange)]
        })
      }),
    again: (probe, where) =>
      limited(async (millisMax) => {
        const name = mark()
        const question = questionOf(probe, { address: where.address, mark: name })
        const exchanges = await askInTurn(where.at, [question, question], millisMax)
        return exchanges.map((exchange) => asked(probe, where, name, exchange))
      }),
  }
}

async function askLoginHost(
  asker: Asker,
  { hasPages, ...where }: Where & { readonly hasPages: boolean },
): Promise<readonly Asked[]> {
  const questions = loginProbes(where.address, { hasPages })
  const asked = await Promise.all([
    ...questions.map(async (probe) => [await asker.one(probe, where)]),
    asker.inTurn(turnProbes, where),
    ...cacheProbes.map((probe) => asker.again(probe, where)),
  ])
  return asked.flat()
}

function askPlainly(
  asker: Asker,
  { address, at, port, probe }: Where & { readonly port: number; readonly probe: Probe },
): Promise<Asked> {
  const host = port === plainPortOfWeb ? address.host : `${address.name}:${port}`
  const where = { address: { ...address, host, isTls: false }, at: { ...at, port, tlsName: null } }
  return asker.one(probe, where)
}

function askGates(
  asker: Asker,
  { names, plainPort }: { readonly names: readonly ProtectedName[]; readonly plainPort: number },
) {
  const exact = names.filter(({ name }) => !name.startsWith("*.")).slice(0, gatesMax)
  return Promise.all(
    exact.map(({ name, ports: [port = 443] }) =>
      askGate(asker, { address: readAddress(`https://${name}:${port}`), plainPort }),
    ),
  )
}

async function askGate(
  asker: Asker,
  { address, plainPort }: { readonly address: PublicAddress; readonly plainPort: number },
): Promise<Omit<GateEvidence, "samples"> & { readonly samples: readonly Asked[] }> {
  const lookup = await lookUp(address.name, answerMillisMax)
  const [first] = lookup.addresses
  if (first === undefined) return { address, lookup, samples: [] }
  const where = { address, at: endpointAt(first, address) }
  const asked = gateProbes().map((probe) => asker.one(probe, where))
  const isStandard = address.port === 443
  const plain = isStandard
    ? [askPlainly(asker, { ...where, port: plainPort, probe: plainGate })]
    : []
  return { address, lookup, samples: await Promise.all([...asked, ...plain]) }
}

function endpointAt(address: string, { port, isTls, name }: PublicAddress): Endpoint {
  return { address, port, tlsName: isTls ? name : null }
}

/** The marked requests that the service saw. */
function seenOf(seen: Seen | null, mark: string): readonly SeenRequest[] {
  const form = new RegExp(`${mark}(?!\\d)`)
  const isMarked = (text: string) => form.test(text)
  return (seen?.requests ?? []).filter(({ target, rawHeaders }) =>
    [target, ...rawHeaders].some(isMarked),
  )
}

function blindnessOf(side: ServiceSide | string, seen: Seen | null): string | null {
  if (typeof side === "string") return side
  return seen === null ? "The service does not say what arrived: is another doctor running?" : null
}
