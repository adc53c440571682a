// The audit trail: one JSON line for each event of logins, sessions, passwords, users and keys
// (OWASP ASVS 5.0 16.2, 16.3). Lines go to the log at every log level. If a file is set, they are
// appended to it, too. A written line is never changed.
//
//   {"time":"2026-11-23T15:30:00Z","level":"audit","event":"session.ended","user":"alice",
//    "session":"q1…","client":"192.0.2.7","request":"a1-7","reason":"logout"}
//
// No event holds a token, password, hash or key. `user` is the name of an existing user, or of a
// service token as `svc:NAME`, never typed text, since people type passwords into the wrong field.

import { type Clock, isoTime } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { Disk } from "../system/disk.ts"
import { auditLine, type Log } from "./log.ts"

/** All events that are audited. */
export const auditEvents = [
  "login.succeeded",
  "login.failed",
  "login.delayed",
  "client.throttled",
  "session.started",
  "session.refreshed",
  "session.set_back",
  "session.replayed",
  "session.reused",
  "session.ended",
  "refresh.refused",
  "token.revoked",
  "service_token.created",
  "service_token.revoked",
  "password.changed",
  "password.refused",
  "mfa.required",
  "mfa.enrolled",
  "mfa.used",
  "mfa.failed",
  "mfa.removed",
  "mfa.reset",
  "mfa.trusted",
  "mfa.untrusted",
  "mfa.skipped",
  "link.made",
  "link.used",
  "user.added",
  "user.registered",
  "user.seeded",
  "user.imported",
  "user.changed",
  "user.locked",
  "user.unlocked",
  "user.deleted",
  "user.released",
  "key.made",
  "key.rotated",
  "key.retired",
  "key.removed",
  "store.backed_up",
  "store.restored",
  "store.revived",
] as const

/** One of them. */
export type AuditEvent = (typeof auditEvents)[number]

/** The fields of an event. */
export interface AuditFields {
  readonly user?: string | undefined
  /** The admin who did it over HTTP; absent for the operator's commands. */
  readonly by?: string | undefined
  /** The `sid`. */
  readonly session?: string | undefined
  /** The client's address; in a sum, the clients' network (audit_summary.ts). */
  readonly client?: string | undefined
  /** The address of the other client that used the same refresh token. */
  readonly other?: string | undefined
  /** The request's id; absent for the operator's commands. */
  readonly request?: string | undefined
  /** Why it happened: a word of a fixed list, never typed text. */
  readonly reason?: string | undefined
  /** The key's name. */
  readonly key?: string | undefined
  /**
   * In a sum: the number of events. Of an import: of users; of a revived store: of sessions, and of
   * service tokens.
   */
  readonly count?: number | undefined
  /** In a sum: the seconds in which the events happened. */
  readonly seconds?: number | undefined
}

/** The fields that describe a caller. */
export function callerFields({ requestId, address }: Caller): AuditFields {
  return { request: requestId, client: address }
}

/** Writes an event. */
export type Audit = (event: AuditEvent, fields: AuditFields) => void

/** A file to which audit lines are appended. */
export interface AuditFile {
  readonly append: (line: string) => void
  /** How many lines were lost since the start. */
  readonly linesLost: () => number
  /** Tries once more to write all lines, and waits for that. */
  close(): Promise<void>
}

/** Most characters that wait for the file. */
const pendingLengthMax = 1024 * 1024

/** Makes the trail. It writes to the log and to the file; either can be null. */
export function createAudit({
  log,
  file,
  clock,
}: {
  readonly log: Log | null
  readonly file: Pick<AuditFile, "append"> | null
  readonly clock: Clock
}): Audit {
  return (event, { user, by, session, client, other, request, reason, key, count, seconds }) => {
    // Only these fields are written: a caller's object may have more members.
    const fields = { user, by, session, client, other, request, reason, key, count, seconds }
    log?.audit(event, fields)
    file?.append(auditLine(isoTime(clock.now()), event, fields))
  }
}

/** Writes one `session.ended` event for each session. */
export function auditEnded(
  ended: readonly { readonly sid: string; readonly username: string }[],
  fields: AuditFields,
  audit: Audit,
): void {
  for (const { sid, username } of ended) {
    audit("session.ended", { ...fields, user: username, session: sid })
  }
}

/**
 * Makes a file for appending, mode 0600. Each batch of lines opens the file again, so the operator
 * may move it away at any time. While the file can't be written, up to 1 MiB of lines waits.
 * Further lines are lost, and a line `audit.lost` says how many.
 */
export function openAuditFile(
  path: string,
  disk: Disk,
  { warn, clock }: { readonly warn: (reason: string) => void; readonly clock: Clock },
): AuditFile {
  let pending = ""
  /** Lines lost since the last `audit.lost`, and before it. */
  let lost = 0
  let lostBefore = 0
  let draining: Promise<void> | null = null

  async function drain(): Promise<void> {
    // Wait for the other lines of this turn of the event loop, to write them together.
    await null
    while (pending !== "") {
      const batch = pending
      pending = ""
      try {
        await disk.append(path, Buffer.from(batch))
      } catch (error) {
        // Part of a line may have been written, so the retry starts on a new line.
        pending = `${batch.startsWith("\n") ? "" : "\n"}${batch}${pending}`
        warn(String(error))
        break
      }
      if (lost === 0) continue
      warn(`${lost} lines were lost`)
      // The loss line goes before the lines that came later.
      pending = `${auditLine(isoTime(clock.now()), "audit.lost", { lines: lost })}${pending}`
      lostBefore += lost
      lost = 0
    }
    draining = null
  }

  return {
    append(line) {
      if (pending.length <= pendingLengthMax) {
        pending += line
      } else {
        if (lost === 0) warn("Lines are lost: too many wait for the file")
        lost += 1
      }
      draining ??= drain()
    },
    linesLost: () => lostBefore + lost,
    async close() {
      await draining
      if (pending === "") return
      await drain()
    },
  }
}
