// Reads the settings (settings.ts) into a frozen Config, once, at the start. All mistakes are told
// together, each with a hint.

import { availableParallelism } from "node:os"
import { isLoopback } from "./address.ts"
import { type SeedUser, SettingMistake } from "./config_values.ts"
import { exitCodes, OperatorError, systemCode } from "./errors.ts"
import type { LogLevel } from "./log.ts"
import { laneWidth, threadPoolSize } from "./password/hashing_lane.ts"
import type { HashParameters } from "./password/phc.ts"
import { type Setting, type SettingValues, settingNames, settingRows } from "./settings.ts"
import {
  type Algorithm,
  isPublished,
  isShared,
  type PublishedAlgorithm,
  type SharedAlgorithm,
  sharedAlgorithms,
} from "./token/algorithms.ts"
import { readPrivateKey } from "./token/private_key.ts"
import { refuseSecret } from "./token/secret_strength.ts"

/** How tokens are signed, and with what. */
export type Signing =
  | { readonly kind: "generated"; readonly algorithm: PublishedAlgorithm }
  | { readonly kind: "imported"; readonly algorithm: PublishedAlgorithm; readonly key: string }
  | { readonly kind: "shared"; readonly algorithm: SharedAlgorithm; readonly secret: string }

/** The settings as the program uses them. Frozen. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDirectory: string
  /** Undefined only with a shared secret, where tokens then have no such claim. */
  readonly issuer: string | undefined
  readonly audience: string | undefined
  readonly accessTtlSeconds: number
  readonly signing: Signing
  readonly seedUsers: readonly SeedUser[]
  readonly hashParameters: HashParameters
  /** Password hashes that may run at a time. */
  readonly hashesAtATime: number
  readonly logLevel: LogLevel
  /** What the operator should hear about settings that do no harm but may be mistaken. */
  readonly notices: readonly string[]
}

/** The environment, or the like of it. */
export type Environment = Readonly<Record<string, string | undefined>>

interface Mistake {
  readonly name: string
  readonly problem: string
  readonly hint: string
}

/**
 * Reads the settings.
 * @param readFile reads the file that a `…_FILE` setting names
 * @throws OperatorError that lists every mistake with its hint
 */
export function loadConfig(environment: Environment, readFile: (path: string) => string): Config {
  const mistakes: Mistake[] = unknownNames(environment)
  const values = readValues(environment, readFile, mistakes)
  const signing = chooseSigning(values, mistakes)
  const threads = threadPoolSize(environment["UV_THREADPOOL_SIZE"])
  if (threads < 2) {
    const hint = "Hashing needs a thread, and all else another: at least 2, or leave it unset for 4"
    mistakes.push({ name: "UV_THREADPOOL_SIZE", problem: `It is ${threads}`, hint })
  }
  if (mistakes.length > 0) throw settingsError(mistakes)
  // Without mistakes every setting that has a fallback has a value.
  const { hashMemoryKib, hashPasses, ...rest } = values as {
    [K in keyof SettingValues]: NonNullable<SettingValues[K]>
  }
  const shared = signing.kind === "shared"
  const issuer = values.issuer ?? (shared ? undefined : `http://localhost:${rest.port}`)
  return Object.freeze({
    host: rest.host,
    port: rest.port,
    dataDirectory: rest.dataDirectory,
    issuer,
    audience: values.audience ?? (shared ? undefined : issuer),
    accessTtlSeconds: rest.accessTtlSeconds,
    signing,
    seedUsers: values.seedUsers ?? [],
    hashParameters: { memoryKib: hashMemoryKib, passes: hashPasses },
    hashesAtATime: laneWidth({ threads, cores: availableParallelism() }),
    logLevel: rest.logLevel,
    notices: [...issuerNotices(values, rest.host, issuer), ...unreadNames(environment)],
  })
}

function readValues(
  environment: Environment,
  readFile: (path: string) => string,
  mistakes: Mistake[],
): SettingValues {
  const values: Record<string, unknown> = {}
  for (const [key, setting] of settingRows) {
    try {
      const value = readText(setting, environment, readFile) ?? setting.fallback
      values[key] = value === null ? null : setting.parse(value)
    } catch (error) {
      if (!(error instanceof SettingMistake)) throw error
      mistakes.push({ name: setting.name, problem: error.message, hint: error.hint })
    }
  }
  return values as SettingValues
}

// An empty value counts as absent, as compose files and shells can't leave one out.
function readText(
  { name, secret }: Setting,
  environment: Environment,
  readFile: (path: string) => string,
): string | null {
  const direct = environment[name] || null
  const path = secret ? environment[`${name}_FILE`] || null : null
  if (path === null) return direct
  if (direct !== null) {
    throw new SettingMistake(`${name}_FILE is set too`, "Set one of the two")
  }
  try {
    return readFile(path).replace(/\r?\n$/, "")
  } catch (error) {
    const problem = `The file '${path}' that ${name}_FILE names can't be read (${systemCode(error)})`
    throw new SettingMistake(problem, "Check its path, owner and mode")
  }
}

function chooseSigning(values: SettingValues, mistakes: Mistake[]): Signing {
  const { secretKey, privateKey } = values
  const add = (name: string, problem: string, hint: string) =>
    mistakes.push({ name, problem, hint })
  if (secretKey != null && privateKey != null) {
    add(
      "JWT_PRIVATE_KEY",
      "JWT_SECRET_KEY is set too",
      "Set one: a shared secret or published keys",
    )
  }
  const chosen: Algorithm = values.algorithm ?? (secretKey == null ? "ES256" : "HS256")
  if (secretKey != null) {
    if (!isShared(chosen)) {
      const hint = "HS256, HS384 or HS512; or leave JWT_SECRET_KEY out for published keys"
      add("JWT_ALGORITHM", `${chosen} does not go with JWT_SECRET_KEY`, hint)
      return { kind: "shared", algorithm: "HS256", secret: secretKey }
    }
    const reason = refuseSecret(secretKey, sharedAlgorithms[chosen])
    if (reason !== null) {
      add("JWT_SECRET_KEY", `It is too weak: ${reason}`, "Make one: openssl rand -base64 48")
    }
    return { kind: "shared", algorithm: chosen, secret: secretKey }
  }
  if (!isPublished(chosen)) {
    // Undefined, and not null, when there is one that could not be read.
    if (secretKey === null) {
      add("JWT_ALGORITHM", `${chosen} needs JWT_SECRET_KEY`, "Set that, or take ES256")
    }
    return { kind: "generated", algorithm: "ES256" }
  }
  if (privateKey == null) return { kind: "generated", algorithm: chosen }
  const reading = readPrivateKey(privateKey, chosen)
  if ("mistake" in reading) {
    const hint = "For example: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
    add("JWT_PRIVATE_KEY", `It can't be used: ${reading.mistake}`, hint)
  }
  return { kind: "imported", algorithm: chosen, key: privateKey }
}

function unknownNames(environment: Environment): Mistake[] {
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith("POSTERN_") && !settingNames.includes(name),
  )
  return unknown.map((name) => {
    const kubernetes = /_SERVICE_|_PORT_|_PORT$/.test(name)
    const hint = kubernetes
      ? "If Kubernetes sets it, for a Service named postern: set enableServiceLinks: false"
      : "`postern --help` lists the settings"
    return { name, problem: "There is no such setting", hint }
  })
}

// A service that others reach under another address than its tokens say.
function issuerNotices(
  values: SettingValues,
  host: string,
  issuer: string | undefined,
): readonly string[] {
  if (values.issuer != null || issuer === undefined || isLoopback(host)) return []
  return [`POSTERN_ISSUER is not set: tokens say ${issuer}, though others may reach this address`]
}

// Another program's, or a slip of the pen: worth a word, no reason to stop.
function unreadNames(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith("JWT_") && !settingNames.includes(name))
    .map((name) => `${name} is set but not read here; 'postern --help' lists the settings`)
}

function settingsError(mistakes: readonly Mistake[]): OperatorError {
  const lines = mistakes.map(
    ({ name, problem, hint }) => `  ${name}: ${problem}\n    hint: ${hint}`,
  )
  const count = mistakes.length === 1 ? "is a mistake" : `are ${mistakes.length} mistakes`
  return new OperatorError(`There ${count} in the settings:\n${lines.join("\n")}`, {
    hint: "Nothing was started. Mend them all and start again.",
    exitCode: exitCodes.badSettings,
  })
}
