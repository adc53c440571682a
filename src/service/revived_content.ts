// The content of a backup as a restored store begins with it: what reviveStore() does to a store
// that is there already, done before there is one. So no moment exists at which an old session
// lives.

import { reviveUser } from "../domain/revived_user.ts"
import type { Session } from "../domain/session.ts"
import { type Content, sliceMax } from "../store/copying.ts"
import { endedSessionOf } from "../store/ended_session.ts"
import type { EndedSession, Records, TableName } from "../store/records.ts"
import type { RevocationWindow } from "../store/store.ts"
import { readKeyFile, renewSecret, secretNames, writeKeyFile } from "../token/keys/key_file.ts"

interface ReviveOptions {
  readonly window: RevocationWindow
  /** Where the content is from, for messages. */
  readonly place: string
}

/**
 * A content without sessions and service tokens. Refresh tokens, device tokens, cookies, links,
 * tickets and apps' own tokens from before are void. Passwords, roles, factors and signing keys
 * stay.
 * @throws OperatorError when the keys can't be used
 */
export async function reviveContent(
  content: Content,
  { window, place }: ReviveOptions,
): Promise<Content> {
  const keys = content.keys === null ? null : await reviveKeys(content.keys, place)
  const ended: EndedSession[] = []
  return {
    keys,
    async count() {
      const counts = await content.count()
      const endedSessions = counts.endedSessions + counts.sessions
      return { ...counts, sessions: 0, endedSessions, serviceTokens: 0 }
    },
    read<T extends TableName>(table: T) {
      // Sessions are read before those that ended (records.ts).
      const read = { ...readers(content, { window, ended }) }[table as string]
      return (read?.() ?? content.read(table)) as AsyncIterable<readonly Records[T][]>
    },
  }
}

/**
 * The content as it is.
 * @throws OperatorError when its keys can't be used
 */
export async function keepContent(content: Content, place: string): Promise<Content> {
  if (content.keys !== null) await readKeyFile(content.keys, place)
  return content
}

interface Parts {
  readonly window: RevocationWindow
  /** The sessions that were read, as ended ones. */
  readonly ended: EndedSession[]
}

/** How the tables are read that differ from the content's. */
function readers(
  content: Content,
  { window, ended }: Parts,
): Readonly<Record<string, () => AsyncIterable<readonly object[]>>> {
  return {
    async *users() {
      for await (const users of content.read("users")) {
        yield users.map((user) => reviveUser(user, window.at))
      }
    },
    async *sessions() {
      for await (const sessions of content.read("sessions")) {
        ended.push(...sessions.map((session: Session) => endedSessionOf(session, window)))
      }
    },
    async *endedSessions() {
      yield* content.read("endedSessions")
      for (let at = 0; at < ended.length; at += sliceMax) yield ended.slice(at, at + sliceMax)
    },
    // Read to the end, where a backup has its sum.
    serviceTokens: () => withoutRecords(content.read("serviceTokens")),
  }
}

/** Reads everything, and gives nothing. */
async function* withoutRecords(read: AsyncIterable<readonly object[]>) {
  const none: readonly object[][] = []
  for await (const _ of read) yield* none
}

/** The document with other secrets. */
async function reviveKeys(bytes: Uint8Array, place: string): Promise<Uint8Array> {
  return writeKeyFile(secretNames.reduce(renewSecret, await readKeyFile(bytes, place)))
}
