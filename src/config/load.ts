// Reads the settings (settings.ts) into a frozen Config, once, at the start. All mistakes are
// reported together, each with a hint.

import type { Network } from "../domain/ip_address.ts"
import { exitCodes, OperatorError } from "../errors.ts"
import type { ForwardedHeader } from "../http/client_address.ts"
import type { KeepAlive } from "../http/node/limits.ts"
import type { HashParameters } from "../password/phc.ts"
import type { SessionSettings } from "../service/session_tokens.ts"
import type { LogLevel } from "../telemetry/log.ts"
import type { ClaimSettings } from "../token/claims.ts"
import type { Signing } from "../token/keys/key_ring.ts"
import { closestName } from "./closest_name.ts"
import { hashesAtATime, thisMachine } from "./hashing.ts"
import { publishedIssuersAndAudiences, sharedIssuersAndAudiences } from "./issuers_and_audiences.ts"
import { noticesOf } from "./notices.ts"
import { type SettingValues, settingNames, settingRows } from "./settings.ts"
import { chooseSigning } from "./signing.ts"
import { type Environment, hintAtFile, type ReadFile, readSettingText } from "./texts.ts"
import { type SeedUser, SettingMistake } from "./values.ts"

/** The settings in the form that the program uses. Frozen. */
export interface Config {
  readonly host: string
  readonly port: number
  readonly dataDirectory: string
  /** The address under which clients reach the service. Undefined only with a shared secret. */
  readonly publicAddress: string | undefined
  /** Proxies whose forwarding header is trusted. */
  readonly trustedProxies: readonly Network[]
  /** The forwarding header of trusted proxies. */
  readonly forwardedHeader: ForwardedHeader
  /** How long idle connections are kept. */
  readonly keepAlive: KeepAlive
  /** Host names to accept; null for any. */
  readonly allowedHosts: readonly string[] | null
  /** Origins whose scripts may read replies. */
  readonly corsOrigins: readonly string[]
  /** Whether Strict-Transport-Security has `includeSubDomains`. */
  readonly includeSubdomains: boolean
  readonly claims: ClaimSettings
  readonly sessions: SessionSettings
  readonly signing: Signing
  /** Age at which a generated key is replaced; null for never. */
  readonly keyRotationSeconds: number | null
  /** The file of the audit trail; null for the log only. */
  readonly auditFile: string | null
  /** Whether people may create their own account. */
  readonly registration: "open" | "closed"
  readonly seedUsers: readonly SeedUser[]
  readonly hashParameters: HashParameters
  /** Password hashes that may run at a time. */
  readonly hashesAtATime: number
  /** Memory of the machine, or the limit of the container. */
  readonly memoryBytes: number
  readonly logLevel: LogLevel
  /** Warnings about settings that work but may be mistaken. */
  readonly notices: readonly string[]
}

/** The environment that settings are read from. */
export type { Environment } from "./texts.ts"

interface Mistake {
  readonly name: string
  readonly problem: string
  readonly hint: string
}

/**
 * Reads the settings. `optionNames` has, by the name of a setting, the option that set its value.
 * @throws OperatorError that lists every mistake with its hint
 */
export function loadConfig(
  environment: Environment,
  readFile: ReadFile,
  optionNames: ReadonlyMap<string, string> = new Map(),
): Config {
  const mistakes: Mistake[] = unknownNames(environment)
  const values = readValues(environment, readFile, mistakes)
  const report = (name: string, problem: string, hint: string) =>
    void mistakes.push({ name, problem, hint })
  const signing = chooseSigning(values, report)
  const shared = signing.kind === "shared"
  const publicAddress = values.issuer ?? (shared ? undefined : addressAt(values.port ?? 0))
  const issuersAndAudiences =
    publicAddress === undefined || shared
      ? sharedIssuersAndAudiences(values, report)
      : publishedIssuersAndAudiences(values, publicAddress, report)
  if (values.keyRotationSeconds != null && signing.kind !== "generated") {
    const hint = "Leave it out, or JWT_SECRET_KEY and JWT_PRIVATE_KEY"
    report("POSTERN_KEY_ROTATION", "It only goes with generated keys", hint)
  }
  const machine = thisMachine()
  const laneWidth = hashesAtATime(values, environment["UV_THREADPOOL_SIZE"], machine, report)
  if (mistakes.length > 0) throw settingsError(mistakes, environment, optionNames)
  // No mistake: every setting with a fallback has a value.
  const { hashMemoryKib, hashPasses, ...rest } = values as {
    [K in keyof SettingValues]: NonNullable<SettingValues[K]>
  }
  const { accessTtlSeconds, leewaySeconds } = rest
  return Object.freeze({
    host: rest.host,
    port: rest.port,
    dataDirectory: rest.dataDirectory,
    publicAddress,
    trustedProxies: values.trustedProxies ?? [],
    forwardedHeader: rest.forwardedHeader,
    keepAlive: keepAliveOf(rest),
    allowedHosts: values.allowedHosts,
    corsOrigins: values.corsOrigins ?? [],
    includeSubdomains: rest.includeSubdomains,
    claims: Object.freeze({ ...issuersAndAudiences, accessTtlSeconds, leewaySeconds }),
    sessions: Object.freeze({
      idleSeconds: rest.refreshTtlSeconds,
      maxAgeSeconds: rest.sessionMaxAgeSeconds,
      graceSeconds: rest.refreshGraceSeconds,
      perUserMax: rest.sessionsPerUser,
    }),
    signing,
    keyRotationSeconds: values.keyRotationSeconds,
    auditFile: values.auditFile,
    registration: rest.registration,
    seedUsers: values.seedUsers ?? [],
    hashParameters: { memoryKib: hashMemoryKib, passes: hashPasses },
    hashesAtATime: laneWidth,
    memoryBytes: machine.memoryBytes,
    logLevel: rest.logLevel,
    notices: noticesOf(environment, values, publicAddress),
  })
}

function keepAliveOf(values: {
  readonly keepAliveSeconds: number
  readonly proxyKeepAliveSeconds: number
}): KeepAlive {
  const { keepAliveSeconds: clientSeconds, proxyKeepAliveSeconds: proxySeconds } = values
  return Object.freeze({ clientSeconds, proxySeconds })
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

function addressAt(port: number): string {
  return `http://localhost:${port}`
}

function readValues(
  environment: Environment,
  readFile: ReadFile,
  mistakes: Mistake[],
): SettingValues {
  const values: Record<string, unknown> = {}
  for (const [key, setting] of settingRows) {
    try {
      const value = readSettingText(setting, environment, readFile) ?? setting.fallback
      values[key] = value === null ? null : setting.parse(value)
    } catch (error) {
      if (!(error instanceof SettingMistake)) throw error
      mistakes.push({ name: setting.name, problem: error.message, hint: error.hint })
    }
  }
  return values as SettingValues
}

function unknownNames(environment: Environment): Mistake[] {
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith("POSTERN_") && !settingNames.includes(name),
  )
  return unknown.map((name) => {
    const kubernetes = /_SERVICE_|_PORT_|_PORT$/.test(name)
    const close = closestName(name, settingNames)
    const meant = close === null ? "" : `Did you mean ${close}? `
    const hint = kubernetes
      ? "If Kubernetes sets it, for a Service named postern: set enableServiceLinks: false"
      : `${meant}\`postern help settings\` lists the settings`
    return { name, problem: "There is no such setting", hint }
  })
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
    hint: "Nothing was started. Mend them all and start again.",
    exitCode: exitCodes.badSettings,
  })
}
