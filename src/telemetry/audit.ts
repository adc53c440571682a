// The audit trail: what happened to logins, sessions, passwords, users and keys, one JSON line each
// (OWASP ASVS 5.0 16.2, 16.3). They go to the log, whatever its level, and to the end of a file, if
// one is set; nothing here ever changes a line that was written.
//
//   {"time":"2026-11-23T15:30:00Z","level":"audit","event":"session.ended","user":"alice",
//    "session":"q1…","client":"192.0.2.7","request":"a1-7","reason":"logout"}
//
// No event holds a token, password, hash or key; `user` is a user there is, never what was typed.

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

/** What an event tells. */
export interface AuditFields {
  readonly user?: string | undefined
  /** The `sid`. */
  readonly session?: string | undefined
  /** The address of who asked; of a sum, their network (audit_summary.ts). */
  readonly client?: string | undefined
  /** The address of the other client that was given the same refresh token. */
  readonly other?: string | undefined
  /** The request's id; absent for what came by the command line. */
  readonly request?: string | undefined
  /** Why, from a closed list of words; never what somebody typed. */
  readonly reason?: string | undefined
  /** The key's name. */
  readonly key?: string | undefined
  /** How many events a sum stands for, in how many seconds. */
  readonly count?: number | undefined
  readonly seconds?: number | undefined
}

/** What every event of a caller's tells. */
export function callerFields({ requestId, address }: Caller): AuditFields {
  return { request: requestId, client: address }
}

/** Writes an event. */
export type Audit = (event: AuditEvent, fields: AuditFields) => void

/** The file that takes the lines, too. */
export interface AuditFile {
  readonly append: (line: string) => void
  /** Waits until all lines are written, or could not be. */
  close(): Promise<void>
}

/** Of lines that could not be written yet. */
const pendingLengthMax = 1024 * 1024

/** Makes the trail, to a log and to a file, where there are such. */
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
    // In this order, and nothing else that the caller may have at hand.
    const fields = { user, session, client, other, request, reason, key, count, seconds }
    log?.audit(event, fields)
    file?.append(auditLine(isoTime(clock.now()), event, fields))
  }
}

/** Writes the end of each of some sessions. */
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
 * Opens the end of a file, mode 0600. It is opened anew for each batch of lines, so that it can be
 * moved away at any time. While it can't be written the lines wait, up to a mebibyte; more are
 * lost, and a line `audit.lost` stands in their place and says how many.
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
    // A turn of the microtask queue: lines of the same moment join.
    await null
    while (pending !== "") {
      const batch = pending
      pending = ""
      try {
        await disk.append(path, Buffer.from(batch))
      } catch (error) {
        // It may have taken a part of a line: what follows starts on a line of its own.
        pending = `${batch.startsWith("\n") ? "" : "\n"}${batch}${pending}`
        warn(String(error))
        break
      }
      if (lost === 0) continue
      warn(`${lost} lines were lost`)
      // Before what came after them.
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
