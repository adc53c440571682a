// Asks all questions, a few at a time and within a time for all of them, and puts together what
// came back and what the service saw.

import type { ProtectedName, Seen, SeenRequest } from "../../admin/request_watch.ts"
import { monotonicMillis, systemClock } from "../../clock.ts"
import { type Evidence, proxyIn, type Sample } from "./evidence.ts"
import { askInTurn, type Endpoint, type Exchange, lookUp } from "./exchange.ts"
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

interface SurveyOptions {
  readonly marker: string
  /** Text says why the inside can't be seen. */
  readonly side: ServiceSide | string
  /** Hosts that need a login, as the settings or the service name them. */
  readonly protectedHosts: readonly ProtectedName[] | null
}

const secondsInAll = 17
const answerMillisMax = 4_000
/** An answer of Postern takes a hundredth of this. */
const lateMillis = 2_000
const atATime = 4
const addressesMax = 4
const gatesMax = 5
/** Where browsers try http first. */
const plainPort = 80

const plainProbe: Probe = { ...firstProbe, name: "plain" }
const plainGate: Probe = { name: "gate_plain", method: "GET", path: "/doctor" }

type Asked = Omit<Sample, "seen">

/** Asks, and gives what was seen. Never rejects. */
export async function survey(address: PublicAddress, options: SurveyOptions): Promise<Evidence> {
  const asker = createAsker(options.marker)
  const { side, protectedHosts } = options
  const facts = typeof side === "string" ? null : side.facts
  const lookup = await lookUp(address.name, answerMillisMax)
  const addresses = lookup.addresses.slice(0, addressesMax)
  const endpoints = addresses.map((one) => endpointAt(one, address))
  const firsts = await Promise.all(
    endpoints.map((at) => askOne(asker, firstProbe, { address, at })),
  )
  const answeredAt = systemClock.now()
  const at = firsts.find(({ exchange }) => exchange.answer !== null)?.endpoint
  const hasPages = protectedHosts !== null
  // Of a proxy that answers late, not everything can be asked in time.
  const isLate = firsts.every(({ exchange }) => exchange.millis > lateMillis)
  const [plain, samples, gates] =
    at === undefined
      ? [null, [], []]
      : await Promise.all([
          hasPlainTwin(address) ? askPlainly(asker, plainProbe, { address, at }) : null,
          isLate ? [] : askLoginHost(asker, { address, at, hasPages }),
          isLate ? [] : askGates(asker, protectedHosts ?? []),
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

/** A question with its mark. */
interface Marked {
  readonly probe: Probe
  readonly mark: string
}

interface Asker {
  mark(probe: Probe): Marked
  /** Asks one question after the other, on one connection. */
  ask(questions: readonly Marked[], where: Where): Promise<readonly Asked[]>
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
  return {
    isCutShort: () => isCut,
    mark(probe) {
      marks += 1
      return { probe, mark: `${marker}-${marks}` }
    },
    ask: (marked, { address, at }) =>
      limited(async (millisMax) => {
        const questions = marked.map(({ probe, mark }) => questionOf(probe, { address, mark }))
        const exchanges = await askInTurn(at, questions, millisMax)
        return marked.map((one, index) => {
          const exchange = exchanges[index] as Exchange
          return { ...one, address, endpoint: at, exchange }
        })
      }, marked[0]?.probe.secondsMax),
  }
}

/** Asks on a connection of its own. */
async function askOne(asker: Asker, probe: Probe, where: Where): Promise<Asked> {
  const [asked] = await asker.ask([asker.mark(probe)], where)
  return asked as Asked
}

/** Asks twice with the same words, mark included. */
function askTwice(asker: Asker, probe: Probe, where: Where): Promise<readonly Asked[]> {
  const marked = asker.mark(probe)
  return asker.ask([marked, marked], where)
}

async function askLoginHost(
  asker: Asker,
  { hasPages, ...where }: Where & { readonly hasPages: boolean },
): Promise<readonly Asked[]> {
  const questions = loginProbes(where.address, { hasPages })
  const asked = await Promise.all([
    ...questions.map((probe) => asker.ask([asker.mark(probe)], where)),
    asker.ask(turnProbes.map(asker.mark), where),
    ...cacheProbes.map((probe) => askTwice(asker, probe, where)),
  ])
  return asked.flat()
}

/** Whether browsers may come to the address by http first. */
function hasPlainTwin({ isTls, port }: PublicAddress): boolean {
  return isTls && port === 443
}

function askPlainly(asker: Asker, probe: Probe, { address, at }: Where): Promise<Asked> {
  return askOne(asker, probe, {
    address: { ...address, isTls: false },
    at: { ...at, port: plainPort, tlsName: null },
  })
}

function askGates(asker: Asker, names: readonly ProtectedName[]) {
  const exact = names.filter(({ name }) => !name.startsWith("*.")).slice(0, gatesMax)
  return Promise.all(
    exact.map(({ name, ports: [port = 443] }) =>
      askGate(asker, readAddress(`https://${name}:${port}`)),
    ),
  )
}

async function askGate(asker: Asker, address: PublicAddress) {
  const lookup = await lookUp(address.name, answerMillisMax)
  const [first] = lookup.addresses
  if (first === undefined) return { address, lookup, samples: [] }
  const where = { address, at: endpointAt(first, address) }
  const samples = gateProbes.map((probe) => askOne(asker, probe, where))
  if (hasPlainTwin(address)) samples.push(askPlainly(asker, plainGate, where))
  return { address, lookup, samples: await Promise.all(samples) }
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
