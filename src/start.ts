// Opens the parts of the service in the order in which they need each other, and closes them in the
// reverse.

import { join } from "node:path"
import { type Address, urlOf } from "./address.ts"
import { createApp } from "./app.ts"
import { systemClock } from "./clock.ts"
import type { Config } from "./config.ts"
import { openControl } from "./control/socket.ts"
import { machineDisk } from "./disk.ts"
import { exitCodes, OperatorError, systemCode } from "./errors.ts"
import { listen } from "./http/server.ts"
import type { Log } from "./log.ts"
import { type OpenedAccounts, openAccounts } from "./open_accounts.ts"
import { createSessions } from "./service/sessions.ts"
import {
  createImportedKeyRing,
  createSharedKeyRing,
  type KeyRing,
  openGeneratedKeyRing,
} from "./token/key_ring.ts"

/** A running service. */
export interface Service {
  readonly port: number
  /** Takes no more requests, ends those under way, and closes the store. */
  stop(): Promise<void>
}

/** Less than the ten seconds after which Docker kills. */
const drainSecondsMax = 8

const keyFileName = "keys.json"

/**
 * Starts the service.
 * @throws OperatorError when something that it needs can't be had; nothing is left open then
 */
export async function startService(config: Config, log: Log): Promise<Service> {
  for (const notice of config.notices) log.warn("settings.notice", { message: notice })
  const opened = await openAccounts(config, log)
  try {
    return await startWith(opened, config, log)
  } catch (error) {
    await opened.store.close()
    throw error
  }
}

async function startWith(
  { accounts, store }: OpenedAccounts,
  config: Config,
  log: Log,
): Promise<Service> {
  const { issuer, audience, accessTtlSeconds, dataDirectory: directory } = config
  const ring = await openKeyRing(config, log)
  await seed({ accounts, store }, config, log)
  const tokens = { ring, issuer, audience, accessTtlSeconds }
  const sessions = createSessions({ accounts, store, tokens, clock: systemClock, log })
  let ready = false
  const app = createApp({ sessions, publicKeys: ring.publicKeys, isReady: () => ready, log })
  const control = await openControl({ directory, accounts, disk: machineDisk, log })
  try {
    const strictTransport = issuer?.startsWith("https:") ?? false
    const server = await listen(config, { handle: app.handle, log, strictTransport })
    ready = true
    log.info("service.ready", { url: urlOf({ host: config.host, port: server.port }) })
    return {
      port: server.port,
      async stop() {
        ready = false
        log.info("service.draining")
        await server.drain(drainSecondsMax)
        await control.close()
        await store.close()
        log.info("service.stopped")
      },
    }
  } catch (error) {
    await control.close()
    throw cannotListen(error, config)
  }
}

async function openKeyRing({ signing, dataDirectory }: Config, log: Log): Promise<KeyRing> {
  switch (signing.kind) {
    case "shared":
      return createSharedKeyRing(signing.secret, signing.algorithm)
    case "imported":
      return createImportedKeyRing(signing.key, signing.algorithm)
    case "generated": {
      const path = join(dataDirectory, keyFileName)
      const opened = await openGeneratedKeyRing(path, signing.algorithm, machineDisk)
      const { ring, warning, made } = opened
      if (warning !== null) log.warn("keys.mode_repaired", { message: warning })
      if (made) log.info("keys.made", { kid: ring.signing.kid, alg: signing.algorithm })
      return ring
    }
  }
}

async function seed({ accounts, store }: OpenedAccounts, config: Config, log: Log): Promise<void> {
  if (config.seedUsers.length > 0) {
    const seeded = await accounts.seed(config.seedUsers)
    const message = seeded
      ? "These users have passwords from the settings: for trying out only"
      : "POSTERN_SEED_USERS does nothing: the store has, or had, users, perhaps those of before"
    log.warn(seeded ? "users.seeded" : "users.not_seeded", { message })
  }
  if ((await store.countUsers()) === 0) {
    log.warn("users.none", { message: "Nobody can log in yet. Add a user: postern user add NAME" })
  }
}

function cannotListen(error: unknown, address: Address): unknown {
  const code = systemCode(error)
  if (code === null) return error
  return new OperatorError(`Can't listen at ${urlOf(address)} (${code})`, {
    hint: "Is another program there? POSTERN_HOST and POSTERN_PORT choose the address.",
    exitCode: exitCodes.unavailable,
    cause: error,
  })
}
