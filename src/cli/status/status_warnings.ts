// What `postern status` warns of: a rule for each, in the order of what matters at three in the
// morning. A rule sees facts and says what is wrong and what to do.

import { isoTime } from "../../clock.ts"
import { grouped, inBytes } from "../columns.ts"
import type { DirectoryFacts } from "./directory_facts.ts"
import type { Problem } from "./problem.ts"
import type { DatabaseFacts, StatusFacts } from "./status_facts.ts"

/** Something to do. */
export interface StatusWarning extends Problem {
  /** For programs: it does not change. */
  readonly code: string
}

type Rule = (facts: StatusFacts) => Problem | null

const daySeconds = 86_400
const backupDaysMax = 7
const keyDaysMax = 365
/** A rotation that is later than that was not done. */
const rotationDaysLate = 2
const roomBytesMin = 64 * 1024 * 1024
const horizonSecondsMax = 600
/** Clocks differ by so much at least when something is from the future. */
const clockSecondsMax = 60
const countedSinceStart = "The number begins again at the next start."

/** The warnings, the most urgent first. */
export function warningsOf(facts: StatusFacts): readonly StatusWarning[] {
  const found = Object.entries(rules).flatMap(([code, rule]) => {
    const warning = rule(facts)
    return warning === null ? [] : [{ code, ...warning }]
  })
  const hint = "docs/configuration.md has all settings."
  const notices = facts.settings.notices.map((text) => ({ code: "settings", text, hint }))
  // A service of an older Postern names no proxies.
  const proxies = (facts.service.answer?.proxies ?? []).map(({ address, message }) => ({
    code: "proxy",
    text: `The settings do not fit the proxy at ${address}`,
    hint: `${message}. \`postern doctor\` compares both.`,
  }))
  return [...found, ...proxies, ...notices]
}

const rules: Readonly<Record<string, Rule>> = {
  store_unreadable: ({ store }) => store.problem,

  keys_unreadable({ store }) {
    if (isDirectory(store)) return store.keysProblem
    const { place, status } = store
    if (status?.keys === "unopened") {
      const text = `The keys in the ${place} can't be opened with this secret and issuer`
      return {
        text,
        hint: "Set POSTERN_STORE_SECRET and POSTERN_ISSUER to those that sealed them.",
      }
    }
    if (status?.keys !== "missing" || (status.content?.users.rows ?? 0) === 0) return null
    return {
      text: `The ${place} has users, and no keys`,
      hint: "Bring a dump back before the start: docs/postgres.md. A start makes new keys.",
    }
  },

  wrong_owner({ store }) {
    if (!isDirectory(store) || store.foreign.length === 0) return null
    return {
      text: `Not the service's own: ${quoted(store.foreign)}`,
      hint: "Give the service's user the whole directory: chown -R USER DIRECTORY.",
    }
  },

  not_set_up({ store }) {
    if (!isDirectory(store) || store.isSetUp) return null
    return {
      text: `Nothing is set up in '${store.place}'`,
      hint: "Is POSTERN_DATA_DIR the service's? If the data is lost: `postern restore FILE`. For a new service: `postern serve`.",
    }
  },

  not_reached: ({ service }) => service.problem,

  port_taken({ store, takenAddress }) {
    if (takenAddress === null || isWaiting(store)) return null
    return {
      text: `Another program listens at ${takenAddress}`,
      hint: "Is it a Postern with another POSTERN_DATA_DIR? Else stop it, or set POSTERN_PORT.",
    }
  },

  not_running({ service, store, takenAddress }) {
    if (service.answer !== null || service.problem !== null) return null
    if (isDirectory(store) && !store.isSetUp) return null
    if (takenAddress !== null && isWaiting(store)) {
      return {
        text: `No service answers commands here, but a program listens at ${takenAddress}`,
        hint: "A service that waits for its database goes on by itself when the database answers.",
      }
    }
    return isDirectory(store) && store.lock === "held"
      ? {
          text: "A process holds the data directory, and answers no commands",
          hint: "It may be starting or stopping. Its log says more.",
        }
      : { text: "No service runs here", hint: "Start it. Its log says why it ended." }
  },

  not_ready({ service: { answer } }) {
    if (answer === null || answer.isReady) return null
    return {
      text: "The service is not ready: clients get 503",
      hint: "Its log says why: store.unavailable, store.displaced, request.unavailable.",
    }
  },

  disk_full({ store }) {
    if (!isDirectory(store) || !store.isSetUp) return null
    // A snapshot is written beside the one that it replaces.
    const needed = roomBytesMin + 2 * store.bytes
    if (store.roomBytes >= needed) return null
    return {
      text: `The disk has ${inBytes(store.roomBytes)} left, and the store needs ${inBytes(needed)} at times`,
      hint: "Make room. While the disk is full, every change gets 503.",
    }
  },

  writes_failed({ service: { answer } }) {
    const failed = answer?.failedChanges ?? 0
    if (failed === 0) return null
    const text = `Changes could not be written since the start: ${grouped(failed)}`
    return { text, hint: `Look for request.unavailable in the log. ${countedSinceStart}` }
  },

  snapshots_failed({ service: { answer } }) {
    if ((answer?.journal?.snapshotFailures ?? 0) === 0) return null
    return {
      text: "A snapshot of the store could not be written: its journal grows",
      hint: `Look for store.snapshot_failed in the log. ${countedSinceStart}`,
    }
  },

  factors_lost({ service: { answer } }) {
    const lost = answer?.lostFactorSecrets ?? 0
    if (lost === 0) return null
    return {
      text: `Codes of authenticator apps could not be compared: ${grouped(lost)}`,
      hint: "The key of their secrets was lost. Bring it back, or reset these users: docs/backup.md.",
    }
  },

  clock_wrong({ now, store, service: { answer } }) {
    const made = [
      ["the signing key", answer?.keys.find(({ state }) => state === "signing")?.publishedAt],
      ["the snapshot", answer?.journal?.snapshotAt],
      ["the last backup", isDirectory(store) ? store.backup?.madeAt : null],
    ] as const
    const found = made.find(([, at]) => (at ?? 0) > now + clockSecondsMax)
    if (found === undefined) return null
    return {
      text: `The clock is behind, or it was ahead: ${found[0]} is of ${isoTime(found[1] ?? now)}`,
      hint: "Compare it with another clock: docs/troubleshooting.md, The clock is wrong.",
    }
  },

  open_to_others({ store }) {
    if (!isDirectory(store) || store.open.length === 0) return null
    return {
      text: `Others may use ${quoted(store.open)}`,
      hint: "A restart repairs the modes. If others could read keys.json: docs/keys.md has what to retire.",
    }
  },

  no_backup({ now, store }) {
    if (!isDirectory(store) || !store.isSetUp || store.problem !== null) return null
    const hint = "postern backup FILE. docs/backup.md has a line for every night."
    if (store.backup === null) return { text: "No backup was made yet", hint }
    const { madeAt } = store.backup
    const days = Math.floor((now - madeAt) / daySeconds)
    if (days < backupDaysMax) return null
    return { text: `The last backup is ${days} days old, of ${isoTime(madeAt)}`, hint }
  },

  key_old({ now, service: { answer } }) {
    const { keys = [], rotationSeconds = null } = answer ?? {}
    const publishedAt = keys.find(({ state }) => state === "signing")?.publishedAt ?? now
    const days = Math.floor((now - publishedAt) / daySeconds)
    if (rotationSeconds === null) {
      const hint = "postern key rotate, or set POSTERN_KEY_ROTATION: docs/keys.md."
      return days < keyDaysMax ? null : { text: `The signing key is ${days} days old`, hint }
    }
    if (days < rotationSeconds / daySeconds + rotationDaysLate) return null
    return {
      text: `The signing key is ${days} days old, and was not replaced in time`,
      hint: "Look for housekeeping.failed in the log.",
    }
  },

  service_tokens({ now, service: { answer } }) {
    const [first, ...others] = answer?.content?.expiringTokens ?? []
    if (first === undefined) return null
    const { name, expiresAt } = first
    const verb = expiresAt > now ? "expires" : "has expired"
    const more = others.length === 0 ? "" : `, and ${grouped(others.length)} more expire soon`
    return {
      text: `The service token '${name}' ${verb}, ${isoTime(expiresAt)}${more}`,
      hint: "Make another one, then postern token revoke NAME: docs/machines.md.",
    }
  },

  seed_users({ settings: { seedUsers } }) {
    if (seedUsers === 0) return null
    return {
      text: "POSTERN_SEED_USERS is set: who sees the settings knows these passwords",
      hint: "Set new ones, postern user password NAME, and unset it.",
    }
  },

  previous_secret({ settings: { hasPreviousStoreSecret } }) {
    if (!hasPreviousStoreSecret) return null
    return {
      text: "POSTERN_STORE_SECRET_PREVIOUS is set: it opens the keys, too",
      hint: "Unset it when every replica was restarted with the new secret.",
    }
  },

  audit_lost({ service: { answer } }) {
    const lost = answer?.lostAuditLines ?? 0
    if (lost === 0) return null
    return {
      text: `Lines of the audit trail that are not in the log: ${grouped(lost)}`,
      hint: `Nobody read the log fast enough. POSTERN_AUDIT_FILE keeps them apart. ${countedSinceStart}`,
    }
  },

  audit_missing({ service: { answer }, audit }) {
    if (answer === null || audit === null || audit.bytes !== null) return null
    const text = `The audit file '${audit.file}' is not there, or can't be seen from here`
    return { text, hint: "Look for audit.failed in the log." }
  },

  other_version({ version, service: { answer } }) {
    if (answer === null || answer.version === version) return null
    return {
      text: `The service is Postern ${answer.version}, and this command is ${version}`,
      hint: "Restart the service to finish the update.",
    }
  },

  schema_old({ store }) {
    if ((statusOf(store)?.schema.pending.length ?? 0) === 0) return null
    return { text: "The database lacks tables", hint: "postern store migrate adds them." }
  },

  transaction_open({ store }) {
    const seconds = statusOf(store)?.horizon?.seconds ?? 0
    if (seconds < horizonSecondsMax) return null
    return {
      text: `A transaction is open for ${Math.floor(seconds / 60)} minutes: requests get slower`,
      hint: "`postern store status` names it.",
    }
  },

  not_durable({ store }) {
    if (statusOf(store)?.settings.fsync !== "off") return null
    return {
      text: "fsync is off in the database: a power failure may destroy it",
      hint: "Set fsync = on in postgresql.conf.",
    }
  },
}

/** The codes of all warnings, the most urgent first. */
export const warningCodes: readonly string[] = [...Object.keys(rules), "proxy", "settings"]

function isDirectory(store: StatusFacts["store"]): store is DirectoryFacts {
  return "lock" in store
}

/** Whether a service would wait for its database. */
function isWaiting(store: StatusFacts["store"]): boolean {
  return !isDirectory(store) && store.problem !== null
}

function quoted(paths: readonly string[]): string {
  return paths.map((path) => `'${path}'`).join(", ")
}

function statusOf(store: StatusFacts["store"]): DatabaseFacts["status"] {
  return isDirectory(store) ? null : store.status
}
