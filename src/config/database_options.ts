// The settings of a store in PostgreSQL, in the form that the engine takes.

import { nameOf } from "../store/store_location.ts"
import type { Config } from "./load.ts"

/** The database with what the engine needs; null for the JSON engine. */
export function databaseOptions({ database, claims, publicAddress }: Config) {
  if (database === null) return null
  const { secret, previousSecret, ...rest } = database
  const previous = previousSecret === null ? {} : { previousSecret: Buffer.from(previousSecret) }
  return {
    ...{ ...rest, secret: Buffer.from(secret), ...previous },
    place: nameOf(database.location),
    issuer: claims.issuer ?? publicAddress ?? "",
  }
}
