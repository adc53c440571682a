// The audit trail: what happened to logins, sessions, passwords, users and keys, one JSON line an
// event (OWASP ASVS 5.0 16.2, 16.3). Lines go to the log at every level, and to the end of a file
// if one is set. A written line is never changed.
//
//   {"time":"2026-11-23T15:30:00Z","level":"audit","event":"session.ended","user":"alice",
//    "session":"q1…","client":"192.0.2.7","request":"a1-7","reason":"logout"}
//
// No event holds a token, password, hash or key. `user` is the name of an existing user, never
// typed text, since people type passwords into the wrong field.

import { type Clock, isoTime } from "../clock.ts"
import type { Caller } from "../domain/caller.ts"
import type { Disk } from "../system/disk.ts"
import { auditLine, type Log } from "./log.ts"

/** Everything that is audited. */
export type AuditEvent =
  | "login.succeeded"
  | "login.failed"
  | "login.delayed"
  | "client.throttled"
  | "session.started"
  | "session.refreshed"
  | "session.set_back"
  | "session.replayed"
  | "session.reused"
  | "session.ended"
  | "refresh.refused"
  | "token.revoked"
  | "password.changed"
  | "password.refused"
  | "user.added"
  | "user.registered"
  | "user.seeded"
  | "user.changed"
  | "user.locked"
  | "user.unlocked"
  | "user.deleted"
  | "user.released"
  | "key.made"
  | "key.rotated"
  | "key.retired"
  | "key.removed"

/** The fields of an event. */
export interface AuditFields {
  readonly user?: string | undefined
  /** The `sid`. */
  readonly session?: string | undefined
  /** The client's address; in a sum, the clients' network (audit_summary.ts). */
  readonly client?: string | undefined
  /** The address of another client that used the same refresh token. */
  readonly other?: string | undefined
  /** The request's id; absent for commands of the operator. */
  readonly request?: string | undefined
  /** Why: a word of a closed list, never typed text. */
  readonly reason?: string | undefined
  /** The key's name. */
  readonly key?: string | undefined
  /** How many events a sum stands for, in how many seconds. */
  readonly count?: number | undefined
  readonly seconds?: number | undefined
}

/** The fields that say who asked. */
export function callerFields({ requestId, address }: Caller): AuditFields {
  return { request: requestId, client: address }
}

/** Writes an event. */
export type Audit = (event: AuditEvent, fields: AuditFields) => void

/** A file to which audit lines are appended. */
export interface AuditFile {
  readonly append: (line: string) => void
  /** Waits until all lines are written, or could not be. */
  close(): Promise<void>
}

/** Characters of lines that wait for the file. */
const pendingLengthMax = 1024 * 1024

/** Makes the trail. It writes to the log and to the file, where they are given. */
export function createAudit({
  log,
  file,
  clock,
}: {
  readonly log: Log | null
  readonly file: AuditFile | null
  readonly clock: Clock
}): Audit {
  return (event, { user, session, client, other, request, reason, key, count, seconds }) => {
    // Exactly these fields, in this order: a caller may hold objects with more members.
    const fields = { user, session, client, other, request, reason, key, count, seconds }
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
 * Opens a file for appending, mode 0600. Each batch of lines opens the file again, so it may be
 * rotated at any time. While the file can't be written, up to one MiB of lines waits. Further lines
 * are lost, and a line `audit.lost` says how many.
 */
export function openAuditFile(
  path: string,
  disk: Disk,
  { warn, clock }: { readonly warn: (reason: string) => void; readonly clock: Clock },
): AuditFile {
  let pending = ""
  let lost = 0
  let draining: Promise<void> | null = null

  async function drain(): Promise<void> {
    // Lines of the same turn of the event loop are written together.
    await null
    while (pending !== "") {
      const batch = pending
      pending = ""
      try {
        await disk.append(path, Buffer.from(batch))
      } catch (error) {
        // Part of a line may have been written: the rest begins with a line end.
        pending = `${batch.startsWith("\n") ? "" : "\n"}${batch}${pending}`
        warn(String(error))
        break
      }
      if (lost === 0) continue
      warn(`${lost} lines were lost`)
      // Before the lines that came later.
      pending = `${auditLine(isoTime(clock.now()), "audit.lost", { lines: lost })}${pending}`
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
    async close() {
      await draining
      if (pending === "") return
      await drain()
    },
  }
}
