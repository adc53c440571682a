// How `postern status` shows what it found: warnings first, then facts, for people or for programs.

import type { StatusAnswer } from "../../admin/status_answer.ts"
import { isoTime } from "../../clock.ts"
import { counted, grouped, inBytes, inColumns } from "../columns.ts"
import type { DirectoryFacts } from "./directory_facts.ts"
import type { DatabaseFacts, StatusFacts } from "./status_facts.ts"
import type { StatusWarning } from "./status_warnings.ts"

const daySeconds = 86_400

/** The report as one JSON object. Instants are epoch seconds. */
export function statusInJson(facts: StatusFacts, warnings: readonly StatusWarning[]): string {
  const { service, store, audit, version, now } = facts
  const { answer } = service
  const report = {
    ...{ ok: warnings.length === 0, warnings, now, version },
    service: answer && {
      ...{ version: answer.version, started_at: answer.startedAt, ready: answer.isReady },
      url: answer.listensAt,
    },
    store: "lock" in store ? directoryInJson(store, answer) : databaseInJson(store),
    ...amountsInJson(facts),
    waiting_clients: answer?.waiting.clients ?? null,
    waiting_at_accounts: answer?.waiting.atAccounts ?? null,
    keys:
      answer?.keys.map(({ kid, alg, state, publishedAt, signsFrom }) => ({
        ...{ kid, alg, state, published_at: publishedAt, signs_from: signsFrom },
      })) ?? null,
    audit,
  }
  return `${JSON.stringify(report)}\n`
}

function directoryInJson(
  { place, bytes, roomBytes, lock, backup }: DirectoryFacts,
  answer: StatusAnswer | null,
) {
  const { entriesSinceSnapshot = null, snapshotAt = null } = answer?.journal ?? {}
  return {
    ...{ engine: "directory", place, bytes, room_bytes: roomBytes, lock },
    ...{ changes_since_snapshot: entriesSinceSnapshot, snapshot_at: snapshotAt },
    last_backup: backup && {
      ...{ made_at: backup.madeAt, file: backup.file, bytes: backup.bytes, users: backup.users },
    },
  }
}

function databaseInJson({ place, status }: DatabaseFacts) {
  return { engine: "postgresql", place, bytes: status?.content?.bytes ?? null }
}

function amountsInJson(facts: StatusFacts) {
  const {
    users = null,
    sessions = null,
    lockedUsers = null,
    serviceTokens = null,
  } = amountsOf(facts)
  return { users, sessions, locked_users: lockedUsers, service_tokens: serviceTokens }
}

/** Users and sessions, by who knows: the service, or the store. */
function amountsOf({
  service: { answer },
  store,
}: StatusFacts): Partial<NonNullable<StatusAnswer["content"]>> {
  if (answer !== null) return answer.content ?? {}
  if ("lock" in store) return store.found ?? {}
  const { users, sessions } = store.status?.content ?? {}
  return users && sessions ? { users: users.rows, sessions: sessions.rows } : {}
}

/** The report for people. */
export function statusInWords(facts: StatusFacts, warnings: readonly StatusWarning[]): string {
  const list = warnings.map(({ text, hint }) => `  ${text}.\n    ${hint}\n`).join("")
  const head = warnings.length === 1 ? "1 warning" : `${grouped(warnings.length)} warnings`
  const rows = [
    ["service", serviceInWords(facts)],
    ["store", storeInWords(facts)],
    ...amountRows(facts),
    ["keys", keysInWords(facts)],
    ["backup", backupInWords(facts)],
    ["audit file", auditInWords(facts)],
  ]
  return `${warnings.length === 0 ? "All is well.\n" : `${head}:\n${list}`}\n${inColumns(rows)}`
}

function serviceInWords({ service: { answer } }: StatusFacts): string {
  if (answer === null) return "-"
  const { version, isReady, startedAt, now, listensAt } = answer
  const since = `since ${isoTime(startedAt)} (${ageOf(now - startedAt)})`
  return `Postern ${version}, ${isReady ? "ready" : "not ready"}, ${since}, at ${listensAt}`
}

function storeInWords({ store, service: { answer } }: StatusFacts): string {
  if (!("lock" in store)) {
    const { place, status } = store
    if (status === null) return `${place}, not reached`
    const bytes = status.content === null ? "" : `, ${inBytes(status.content.bytes)}`
    return `${place}, PostgreSQL ${status.serverVersion}${bytes}`
  }
  const { place, isSetUp, bytes, roomBytes } = store
  if (!isSetUp) return `${place}, not there`
  const { entriesSinceSnapshot: count = 0, snapshotAt = 0 } = answer?.journal ?? {}
  const since = answer?.journal
    ? `, ${grouped(count)} changes since the snapshot of ${isoTime(snapshotAt)}`
    : ""
  return `${place}, ${inBytes(bytes)}${since}; ${inBytes(roomBytes)} left on the disk`
}

function amountRows(facts: StatusFacts): readonly (readonly string[])[] {
  const { users, sessions, lockedUsers = 0, serviceTokens = 0 } = amountsOf(facts)
  const { clients = 0, atAccounts = 0 } = facts.service.answer?.waiting ?? {}
  const locked = lockedUsers === 0 ? "" : `, ${grouped(lockedUsers)} locked`
  const waiting = `${counted(clients, "client")}, ${grouped(atAccounts)} at one account`
  return [
    ["users", users === undefined ? "-" : `${grouped(users)}${locked}`],
    ["sessions", sessions === undefined ? "-" : grouped(sessions)],
    ...(serviceTokens === 0 ? [] : [["machines", counted(serviceTokens, "service token")]]),
    ["have to wait", facts.service.answer === null ? "-" : waiting],
  ]
}

function keysInWords({ now, service: { answer } }: StatusFacts): string {
  if (answer === null) return "-"
  const keys = answer.keys.map(({ kid, alg, state, publishedAt, signsFrom }) => {
    const name = `${alg} ${kid ?? "(shared secret)"}`
    if (publishedAt === null || signsFrom === null) return name
    if (state === "waiting") return `${name}, from ${isoTime(signsFrom)}`
    return state === "signing" ? `${name}, ${ageOf(now - publishedAt)} old` : `${name}, ${state}`
  })
  const published = answer.keys.find(({ state }) => state === "signing")?.publishedAt ?? null
  const { rotationSeconds } = answer
  const next =
    published === null || rotationSeconds === null
      ? ""
      : `; the next one at ${isoTime(published + rotationSeconds)}`
  return `${keys.join("; ")}${next}`
}

function backupInWords({ now, store }: StatusFacts): string {
  if (!("lock" in store)) return "by pg_dump: docs/postgres.md"
  const { backup } = store
  if (backup === null) return "none"
  const { madeAt, file, bytes, users } = backup
  const age = ageOf(now - madeAt)
  return `${isoTime(madeAt)} (${age}), ${counted(users, "user")}, ${inBytes(bytes)}, to ${file ?? "a pipe"}`
}

function auditInWords({ audit }: StatusFacts): string {
  if (audit === null) return "not set"
  return audit.bytes === null ? `${audit.file}: not seen` : `${audit.file}, ${inBytes(audit.bytes)}`
}

/** A time for people, in its two largest units. */
function ageOf(seconds: number): string {
  const total = Math.max(0, Math.floor(seconds))
  const days = Math.floor(total / daySeconds)
  const hours = Math.floor((total % daySeconds) / 3600)
  const minutes = Math.floor((total % 3600) / 60)
  if (days > 0) return `${grouped(days)} d ${hours} h`
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`
}
