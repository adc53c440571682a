// The users of a start: adds those of POSTERN_SEED_USERS to a store that never had one, and says
// when nobody can log in.

import type { Deployment } from "../compose.ts"
import type { Config } from "../config/load.ts"
import type { Log } from "../telemetry/log.ts"

/** Adds the users, and warns of passwords in the settings and of a store without users. */
export async function seedUsers(
  { accounts, store }: Pick<Deployment, "accounts" | "store">,
  users: Config["seedUsers"],
  { log, program }: { readonly log: Log; readonly program: string },
): Promise<void> {
  if (users.length > 0) {
    const seeded = await accounts.seed(users)
    const message = seeded
      ? "These users got their passwords from POSTERN_SEED_USERS: use that only to try Postern out"
      : "POSTERN_SEED_USERS was ignored: this store has users already, or had some"
    log.warn(seeded ? "users.seeded" : "users.not_seeded", { message })
  }
  if ((await store.users.count()) === 0) {
    const message = `Nobody can log in yet. Add a user: ${program} user add NAME`
    log.warn("users.none", { message })
  }
}
