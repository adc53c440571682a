// How this service is, for `postern status`.

import type { StatusAnswer } from "../admin/status_answer.ts"
import type { Deployment } from "../compose.ts"
import type { Config } from "../config/load.ts"
import { Unavailable } from "../errors.ts"
import { programVersion } from "../system/program_version.ts"
import type { Losses } from "../telemetry/log.ts"

type StatusPart = "store" | "clock" | "accounts" | "keys" | "lostSecrets"

/** Service tokens are listed that expire within this time. */
const expiringSeconds = 14 * 86_400

/** What the answer is made of. */
export interface StatusSources extends Pick<Deployment, StatusPart> {
  readonly config: Config
  readonly isReady: () => Promise<boolean>
  readonly listensAt: () => string
  readonly losses: () => Losses
  readonly proxies: () => StatusAnswer["proxies"]
}

/** Makes the function that gives the status of the service. Call it at the start. */
export function createServiceStatus(sources: StatusSources): () => Promise<StatusAnswer> {
  const startedAt = sources.clock.now()
  return async () => {
    const { config, store, clock, keys, isReady, listensAt, losses } = sources
    const { keyRotationSeconds: rotationSeconds, notices, seedUsers, database } = config
    const { changes, journal } = store.figures()
    const now = clock.now()
    return {
      ...{ version: programVersion, startedAt, now, listensAt: listensAt() },
      isReady: await orElse(false, isReady),
      ...(await contentOf(sources, now)),
      keys: keys
        .list()
        .filter(({ alg }) => alg !== "HMAC-SHA-256")
        .map(({ kid, alg, state, publishedAt, signsFrom }) => ({
          ...{ kid, alg, state, publishedAt, signsFrom },
        })),
      rotationSeconds,
      journal: journal && {
        entriesSinceSnapshot: journal.entriesSinceSnapshot,
        snapshotAt: Math.floor(journal.snapshot.writtenAt),
        snapshotFailures: journal.snapshot.failures,
      },
      failedChanges: changes.failed,
      lostFactorSecrets: sources.lostSecrets.count,
      ...{ lostAuditLines: losses().audit ?? 0, proxies: sources.proxies() },
      ...{ notices, seedUsers: seedUsers.length, auditFile: config.auditFile },
      hasPreviousStoreSecret: database?.previousSecret !== undefined,
    }
  }
}

/** What needs the store, which may not answer now. */
async function contentOf(
  { store, accounts }: StatusSources,
  now: number,
): Promise<Pick<StatusAnswer, "content" | "waiting">> {
  const content = await orElse(null, async () => ({
    users: await store.users.count(),
    sessions: await store.sessions.count(now),
    lockedUsers: await accounts.countLocked(),
    ...(await serviceTokensOf(store, now)),
  }))
  return { content, waiting: accounts.waiting() }
}

async function serviceTokensOf({ serviceTokens }: StatusSources["store"], now: number) {
  const tokens = await serviceTokens.list()
  const expiring = tokens
    .filter(({ expiresAt }) => expiresAt < now + expiringSeconds)
    .sort((a, b) => a.expiresAt - b.expiresAt)
  const expiringTokens = expiring.map(({ name, expiresAt }) => ({ name, expiresAt }))
  return { serviceTokens: tokens.length, expiringTokens }
}

async function orElse<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof Unavailable) return otherwise
    throw error
  }
}
