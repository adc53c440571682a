// The command line of the benchmark.

import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { guardedNames, type ScenarioName, scenarioNames, scenarioTitles } from "./scenario_names.ts"

/** A server that is measured beside the others. */
export interface ExtraServer {
  readonly name: string
  /** Run by a shell. */
  readonly command: string
}

/** What is to be measured, and how long. */
export interface Options {
  readonly scenarios: readonly ScenarioName[]
  /** Of one server in one round. */
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly extras: readonly ExtraServer[]
  /** Long rounds, judged by processor time. */
  readonly isSteady: boolean
  /** Directories of other checkouts that are measured beside this one. */
  readonly against: readonly string[]
  /** Where the results are written, if not beside this. */
  readonly out: string | null
}

/** A command line, read. */
export type Reading =
  | { readonly options: Options }
  | { readonly help: true }
  | { readonly mistake: string }

const scenarioList = scenarioNames
  .map((name) => `    ${name.padEnd(9)} ${scenarioTitles[name]}`)
  .join("\n")

/** What --help says. */
export const help = `npm --prefix bench start -- [options]

  --scenario NAME         only this one; may stand several times
${scenarioList}
  --seconds N             of one server in one round; default 0.5, with --steady 4
  --rounds N              default 5
  --connections N         that send guarded GETs, default 32
  --server "NAME=COMMAND" measures one more server; may stand several times. It listens on
                          127.0.0.1, port $PORT, and answers POST /login and GET /protected;
                          README.md says what it is given.
  --steady                long rounds of Postern and the bare server alone, by processor time
  --against DIRECTORY     another checkout beside this one; may stand several times. Both are
                          started as their own npm start does.
                          --steady and --against are for guarded GETs alone.
  --out DIRECTORY         where results.md, .svg and .json go, default bench/results
  --help                  this
`

/** Reads the words after the program's name. */
export function readOptions(words: readonly string[]): Reading {
  try {
    const { values } = parseArgs({
      args: [...words],
      options: {
        scenario: { type: "string", multiple: true, default: [] },
        seconds: { type: "string" },
        rounds: { type: "string", default: "5" },
        connections: { type: "string", default: "32" },
        server: { type: "string", multiple: true, default: [] },
        steady: { type: "boolean", default: false },
        against: { type: "string", multiple: true, default: [] },
        out: { type: "string" },
        help: { type: "boolean", default: false },
      },
    })
    if (values.help) return { help: true }
    const { steady, against } = values
    const usualSeconds = steady ? "4" : "0.5"
    const options: Options = {
      scenarios: readScenarios(values.scenario, steady || against.length > 0),
      ...{ isSteady: steady, against: against.map(fromHere) },
      seconds: readNumber("seconds", values.seconds ?? usualSeconds, { min: 0.1, max: 600 }),
      rounds: readCount("rounds", values.rounds, { min: 1, max: 1000 }),
      connections: readCount("connections", values.connections, { min: 1, max: 1000 }),
      extras: values.server.map(readServer),
      out: values.out ?? null,
    }
    return { options }
  } catch (error) {
    return { mistake: (error as Error).message }
  }
}

/** A path as the user means it: npm runs scripts in bench/ and says where the user is. */
export function fromHere(directory: string): string {
  return resolve(process.env["INIT_CWD"] ?? "", directory)
}

function readScenarios(names: readonly string[], isGuardedOnly: boolean): readonly ScenarioName[] {
  const usual = isGuardedOnly ? guardedNames.filter((name) => name !== "100k") : scenarioNames
  const found = names.length === 0 ? usual : names.map(readScenario)
  const other = found.find((name) => !guardedNames.includes(name))
  if (isGuardedOnly && other !== undefined) {
    const list = guardedNames.join(", ")
    throw new TypeError(`--steady and --against take no scenario '${other}', only ${list}`)
  }
  return found
}

function readScenario(text: string): ScenarioName {
  const found = scenarioNames.find((name) => name === text)
  if (found === undefined) {
    throw new TypeError(`There is no scenario '${text}': ${scenarioNames.join(", ")}`)
  }
  return found
}

interface Bounds {
  readonly min: number
  readonly max: number
}

/** Reads a number. */
export function readNumber(name: string, text: string, { min, max }: Bounds): number {
  const value = Number(text)
  if (text.trim() === "" || !(value >= min && value <= max)) {
    throw new TypeError(`--${name} is a number from ${min} to ${max}, not '${text}'`)
  }
  return value
}

/** Reads a whole number. */
export function readCount(name: string, text: string, bounds: Bounds): number {
  const value = readNumber(name, text, bounds)
  if (!Number.isInteger(value)) throw new TypeError(`--${name} is a whole number, not '${text}'`)
  return value
}

function readServer(text: string): ExtraServer {
  const at = text.indexOf("=")
  const [name, command] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (at < 1 || name === "" || command === "") {
    throw new TypeError(`--server is "name=command", not '${text}'`)
  }
  return { name, command }
}
