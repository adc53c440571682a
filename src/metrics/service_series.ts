// The service: whether it is ready, who is logged in, the hashing lane, tokens, keys, the clock,
// and lines that were lost.

import type { Clock } from "../clock.ts"
import type { LaneFigures } from "../password/hashing_lane.ts"
import type { KeySummary } from "../service/keys.ts"
import { type LineKind, type Losses, logLevels } from "../telemetry/log.ts"
import type { VerifiedFigures } from "../token/verified_tokens.ts"
import { type CensusStore, createCensus } from "./census.ts"
import { byLabel, counter, gauge, histogram, type Series } from "./series.ts"

/** What the series are read from. */
export interface ServiceParts {
  readonly isReady: () => Promise<boolean>
  readonly store: CensusStore
  readonly clock: Pick<Clock, "now" | "steady">
  readonly lane: { readonly figures: () => LaneFigures }
  readonly verified: () => VerifiedFigures
  readonly keys: { readonly list: () => readonly KeySummary[] }
  /** Age at which a signing key is replaced; null for never. */
  readonly rotationSeconds: number | null
  /** Lines that the log lost. */
  readonly losses: () => Losses
  /** The file of the audit trail; null when there is none. */
  readonly auditFile: { readonly linesLost: () => number } | null
}

const lineKinds: readonly LineKind[] = ["access", ...logLevels, "audit"]
const keyStates = { waiting: 0, signing: 0, kept: 0, over: 0 }

/** The series of the service. */
export function serviceSeries(parts: ServiceParts): readonly Series[] {
  const { isReady, clock, losses, auditFile } = parts
  return [
    readySeries(isReady),
    ...censusSeries(parts),
    ...laneSeries(parts.lane.figures),
    ...tokenSeries(parts.verified),
    ...keySeries(parts),
    gauge(
      "postern_clock_timestamp_seconds",
      "The service's clock, in seconds since 1970. Compare it with the time of the scrape.",
      () => clock.now(),
    ),
    {
      ...{ kind: "counter", name: "postern_log_lines_lost_total" },
      help: "Lines that the log lost because nobody read it, or because its disk was full.",
      labels: ["kind"],
      read() {
        const lost = losses()
        return byLabel("kind", Object.fromEntries(lineKinds.map((kind) => [kind, lost[kind] ?? 0])))
      },
    },
    counter(
      "postern_audit_file_lines_lost_total",
      "Lines that POSTERN_AUDIT_FILE lost. Without a number when there is no such file.",
      () => auditFile?.linesLost() ?? null,
    ),
  ]
}

/** Whether the service takes requests. */
export function readySeries(isReady: ServiceParts["isReady"]): Series {
  return gauge(
    "postern_ready",
    "1 while the service takes requests, as /readyz says, and 0 while it does not.",
    async () => Number(await isReady().catch(() => false)),
  )
}

function censusSeries({ store, clock }: ServiceParts): readonly Series[] {
  const census = createCensus(store, clock)
  return [
    gauge(
      "postern_users",
      "Users in the store, counted at most once a minute.",
      async () => (await census())?.users ?? null,
    ),
    gauge(
      "postern_sessions",
      "Sessions that are alive, counted at most once a minute. Replicas count the same ones.",
      async () => (await census())?.sessions ?? null,
    ),
  ]
}

function laneSeries(read: () => LaneFigures): readonly Series[] {
  return [
    gauge("postern_hashing_width", "Passwords that may be hashed at a time.", () => read().width),
    gauge("postern_hashing_running", "Passwords that are being hashed.", () => read().running),
    gauge("postern_hashing_queue", "Logins that wait for a hash.", () => read().waiting),
    histogram(
      "postern_hashing_wait_seconds",
      "Time that a login waited for its hash to begin.",
      () => read().waits,
    ),
    {
      ...{ kind: "counter", name: "postern_hashing_rejected_total" },
      help: "Logins that got 503: the queue was full (full), or they waited for 5 seconds (late).",
      labels: ["reason"],
      read: () => byLabel("reason", { ...read().refusals }),
    },
  ]
}

function tokenSeries(read: () => VerifiedFigures): readonly Series[] {
  return [
    gauge("postern_verified_tokens", "Verified access tokens in memory.", () => read().size),
    {
      ...{ kind: "counter", name: "postern_verified_token_lookups_total" },
      help: "Access tokens that were in memory (hit), or whose signature was checked (miss).",
      labels: ["result"],
      read() {
        const { hits, misses } = read()
        return byLabel("result", { hit: hits, miss: misses })
      },
    },
  ]
}

function keySeries({ keys, rotationSeconds }: ServiceParts): readonly Series[] {
  const signers = () => keys.list().filter(({ alg }) => alg !== "HMAC-SHA-256")
  const published = () => signers().find(({ state }) => state === "signing")?.publishedAt ?? null
  return [
    {
      ...{ kind: "gauge", name: "postern_keys" },
      help: "Keys of access tokens: waiting to sign, signing, kept for tokens that they signed, over.",
      labels: ["state"],
      read() {
        const counts = { ...keyStates }
        for (const { state } of signers()) counts[state] += 1
        return byLabel("state", counts)
      },
    },
    gauge(
      "postern_signing_key_published_timestamp_seconds",
      "When the key that signs was published, in seconds since 1970. Only of generated keys.",
      published,
    ),
    gauge(
      "postern_signing_key_rotation_due_timestamp_seconds",
      "When the key that signs is to be replaced. Only with POSTERN_KEY_ROTATION.",
      () => {
        const at = published()
        return at === null || rotationSeconds === null ? null : at + rotationSeconds
      },
    ),
  ]
}
