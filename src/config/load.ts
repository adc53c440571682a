// Reads the settings (settings.ts) into a frozen Config, once, at the start. All mistakes are
// reported together, each with a hint.

import type { FactorRequirement } from "../domain/factor_requirement.ts"
import type { Network } from "../domain/ip_address.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import type { KeepAlive } from "../http/node/limits.ts"
import type { HashParameters } from "../password/phc.ts"
import type { SessionSettings } from "../service/session_tokens.ts"
import type { Address } from "../system/address.ts"
import type { ClaimSettings } from "../token/claims.ts"
import type { KeySource } from "../token/keys/key_ring.ts"
import { type BrowserConfig, browserConfig } from "./browser.ts"
import { closestName } from "./closest_name.ts"
import { type DatabaseSettings, databaseSettings } from "./database.ts"
import { hashesAtATime, thisMachine } from "./hashing.ts"
import { publishedIssuersAndAudiences, sharedIssuersAndAudiences } from "./issuers_and_audiences.ts"
import { noticesOf } from "./notices.ts"
import { type ReadableValues, type SettingValues, settingNames, settingRows } from "./settings.ts"
import { chooseSigning } from "./signing.ts"
import { type Environment, hintAtFile, type ReadFile, readSettingText } from "./texts.ts"
import { type ReportMistake, type SeedUser, SettingMistake } from "./values.ts"

type UsedAsRead =
  | ("host" | "port" | "forwardedHeader" | "allowedHosts")
  | ("keyRotationSeconds" | "auditFile" | "registration" | "logLevel")

/** The settings in the form that the program uses. Frozen. */
export interface Config extends Pick<SettingValues, UsedAsRead> {
  /** The data directory: of the store, or of the control socket when the store is a database. */
  readonly dataDirectory: string
  /** Null when the store is in the data directory. */
  readonly database: DatabaseSettings | null
  /** The login page and the hosts that it protects; null when the browser wing is off. */
  readonly browser: BrowserConfig | null
  /** The address under which clients reach the service. Undefined only with a shared secret. */
  readonly publicAddress: string | undefined
  readonly trustedProxies: readonly Network[]
  readonly keepAlive: KeepAlive
  readonly corsOrigins: readonly string[]
  /** Whether there is an admin API. */
  readonly hasAdminApi: boolean
  /** Whether Strict-Transport-Security has `includeSubDomains`. */
  readonly includeSubdomains: boolean
  readonly claims: ClaimSettings
  readonly sessions: SessionSettings
  readonly signing: KeySource
  /** Who must have a second factor. */
  readonly requirement: FactorRequirement
  /** For how long a device is trusted after a second factor; null when none is. */
  readonly trustSeconds: number | null
  readonly seedUsers: readonly SeedUser[]
  readonly hashParameters: HashParameters
  /** Password hashes that may run at a time. */
  readonly hashesAtATime: number
  /** Memory of the machine, or the limit of the container. */
  readonly memoryBytes: number
  /** Where Prometheus reads metrics; null when that is off. */
  readonly metrics: Address | null
  /** Warnings about settings that work but may be mistaken. */
  readonly notices: readonly string[]
}

interface Mistake {
  readonly name: string
  readonly problem: string
  readonly hint: string
}

/**
 * Reads the settings. `optionNames` has, by the name of a setting, the option that set its value.
 * Without `needsStoreSecret` the secret of a database may be missing: the keys are not needed.
 * @throws OperatorError that lists every mistake with its hint
 */
export function loadConfig(
  environment: Environment,
  readFile: ReadFile,
  optionNames: ReadonlyMap<string, string> = new Map(),
  { needsStoreSecret = true }: { readonly needsStoreSecret?: boolean } = {},
): Config {
  const mistakes: Mistake[] = []
  const report: ReportMistake = (name, problem, hint) => void mistakes.push({ name, problem, hint })
  reportUnknownNames(environment, report)
  const readable = readValues(environment, readFile, report)
  const signing = chooseSigning(readable, report)
  const shared = signing.kind === "shared"
  const publicAddress = readable.issuer ?? (shared ? undefined : addressAt(readable.port ?? 0))
  const issuersAndAudiences =
    publicAddress === undefined || shared
      ? sharedIssuersAndAudiences(readable, report)
      : publishedIssuersAndAudiences(readable, publicAddress, report)
  if (readable.keyRotationSeconds != null && signing.kind !== "generated") {
    const hint = "Unset it, or unset JWT_SECRET_KEY and JWT_PRIVATE_KEY"
    report("POSTERN_KEY_ROTATION", "It works only with generated keys", hint)
  }
  const database = databaseSettings(readable, {
    issuer: issuersAndAudiences.issuer ?? publicAddress ?? "",
    ...{ readFile, report, needsStoreSecret },
  })
  const browser = browserConfig(readable, publicAddress, report)
  const machine = thisMachine()
  const laneWidth = hashesAtATime(readable, environment["UV_THREADPOOL_SIZE"], machine, report)
  if (mistakes.length > 0) throw settingsError(mistakes, environment, optionNames)
  // Without a mistake every setting was readable.
  const values = readable as SettingValues
  return Object.freeze({
    ...configOf(values),
    ...{ database, browser, publicAddress, signing, hashesAtATime: laneWidth },
    claims: Object.freeze({
      ...issuersAndAudiences,
      accessTtlSeconds: values.accessTtlSeconds,
      leewaySeconds: values.leewaySeconds,
    }),
    memoryBytes: machine.memoryBytes,
    notices: noticesOf(environment, values, publicAddress),
  })
}

/** What follows from each setting by itself. */
function configOf(values: SettingValues) {
  const { host, port, store, forwardedHeader, allowedHosts, trustSeconds } = values
  const { keyRotationSeconds, auditFile, registration, logLevel } = values
  return {
    ...{ host, port, forwardedHeader, allowedHosts, trustSeconds },
    ...{ keyRotationSeconds, auditFile, registration, logLevel },
    dataDirectory: store?.kind === "directory" ? store.path : values.dataDirectory,
    trustedProxies: values.trustedProxies ?? [],
    keepAlive: Object.freeze({
      clientSeconds: values.keepAliveSeconds,
      proxySeconds: values.proxyKeepAliveSeconds,
    }),
    corsOrigins: values.corsOrigins ?? [],
    hasAdminApi: values.adminApi === "on",
    includeSubdomains: values.includeSubdomains === "on",
    sessions: Object.freeze({
      idleSeconds: values.refreshTtlSeconds,
      maxAgeSeconds: values.sessionMaxAgeSeconds,
      graceSeconds: values.refreshGraceSeconds,
      perUserMax: values.sessionsPerUser,
    }),
    requirement: Object.freeze(values.requireMfa),
    seedUsers: values.seedUsers ?? [],
    hashParameters: { memoryKib: values.hashMemoryKib, passes: values.hashPasses },
    metrics: metricsAddress(values),
  }
}

/**
 * The config of a service that listens at a port. When the system chose the port, the default
 * issuer and audience name that port.
 */
export function withPort(config: Config, port: number): Config {
  const made = addressAt(0)
  if (config.publicAddress !== made) return config
  const address = addressAt(port)
  const replace = (name: string) => (name === made ? address : name)
  const { audience, acceptedAudiences } = config.claims
  return Object.freeze({
    ...config,
    publicAddress: address,
    claims: Object.freeze({
      ...config.claims,
      issuer: address,
      acceptedIssuers: [address],
      audience: typeof audience === "string" ? replace(audience) : audience,
      acceptedAudiences: acceptedAudiences.map(replace),
    }),
  })
}

function metricsAddress({ metricsHost: host, metricsPort: port }: SettingValues): Address | null {
  return port === null ? null : Object.freeze({ host, port })
}

function addressAt(port: number): string {
  return `http://localhost:${port}`
}

function readValues(
  environment: Environment,
  readFile: ReadFile,
  report: ReportMistake,
): ReadableValues {
  const values: Record<string, unknown> = {}
  for (const [key, setting] of settingRows) {
    try {
      const value = readSettingText(setting, environment, readFile) ?? setting.fallback
      values[key] = value === null ? null : setting.parse(value)
    } catch (error) {
      if (!(error instanceof SettingMistake)) throw error
      report(setting.name, error.message, error.hint)
    }
  }
  return values as ReadableValues
}

function reportUnknownNames(environment: Environment, report: ReportMistake): void {
  for (const name of Object.keys(environment)) {
    if (!name.startsWith("POSTERN_") || settingNames.includes(name)) continue
    const close = closestName(name, settingNames)
    const meant = close === null ? "" : `Did you mean ${close}? `
    const hint = /_SERVICE_|_PORT_|_PORT$/.test(name)
      ? "If Kubernetes sets it, for a Service named postern: set enableServiceLinks: false"
      : `${meant}\`postern help settings\` lists the settings`
    report(name, "Unknown setting", hint)
  }
}

function settingsError(
  mistakes: readonly Mistake[],
  environment: Environment,
  optionNames: ReadonlyMap<string, string>,
): OperatorError {
  const count = mistakes.length === 1 ? "is a mistake" : `are ${mistakes.length} mistakes`
  return new OperatorError(`There ${count} in the settings:`, {
    details: mistakes.flatMap(({ name, problem, hint }) => [
      `  ${optionNames.get(name) ?? name}: ${problem}`,
      `    hint: ${hintAtFile(name, environment)}${hint}`,
    ]),
    hint: "Nothing was done. Correct the settings and try again.",
    exitCode: exitCodes.badSettings,
  })
}
