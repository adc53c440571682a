// The command line of the comparison of engines.

import { parseArgs } from "node:util"
import { type EngineCaseName, engineCaseTitles } from "./engine_cases.ts"
import { fromHere, readCount, readNumber } from "./options.ts"

/** What is to be measured, and how long. */
export interface EngineOptions {
  readonly cases: readonly (EngineCaseName | "start")[]
  /** Each case is measured with each of these numbers. */
  readonly connections: readonly number[]
  /** Of one engine in one round. */
  readonly seconds: number
  readonly rounds: number
  /** Directories of other checkouts, measured over PostgreSQL beside this one. */
  readonly against: readonly string[]
}

/** A command line, read. */
export type EngineReading =
  | { readonly options: EngineOptions }
  | { readonly help: true }
  | { readonly mistake: string }

const caseNames = [...Object.keys(engineCaseTitles), "start"] as EngineOptions["cases"]

/** What --help says. */
export const engineHelp = `npm --prefix bench run engines -- [options]

  --scenario NAME      only this one of ${caseNames.join(", ")};
                       may stand several times
  --connections N      that send requests; may stand several times; default 1 and 32
  --seconds N          of one engine in one round; default 2
  --rounds N           default 5
  --against DIRECTORY  another checkout over PostgreSQL beside this one; may stand several times.
                       It gets databases with this checkout's schema.
  --help               this
`

/** Reads the words after the program's name. */
export function readEngineOptions(words: readonly string[]): EngineReading {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        scenario: { type: "string", multiple: true, default: [...caseNames] },
        connections: { type: "string", multiple: true, default: ["1", "32"] },
        seconds: { type: "string", default: "2" },
        rounds: { type: "string", default: "5" },
        against: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    })
    if (values.help) return { help: true }
    const options: EngineOptions = {
      cases: values.scenario.map(readCase),
      connections: values.connections.map((text) =>
        readCount("connections", text, { min: 1, max: 1000 }),
      ),
      seconds: readNumber("seconds", values.seconds, { min: 0.1, max: 600 }),
      rounds: readCount("rounds", values.rounds, { min: 1, max: 100 }),
      against: values.against.map(fromHere),
    }
    return { options }
  } catch (error) {
    return { mistake: (error as Error).message }
  }
}

function readCase(text: string): EngineOptions["cases"][number] {
  const found = caseNames.find((name) => name === text)
  if (found === undefined) {
    throw new TypeError(`There is no scenario '${text}': ${caseNames.join(", ")}`)
  }
  return found
}
