// Where a store is: a directory, or a PostgreSQL database.

/** A directory with the JSON engine's files. */
interface DirectoryLocation {
  readonly kind: "directory"
  readonly path: string
}

/** A PostgreSQL database, and who logs in to it. */
export interface DatabaseLocation {
  readonly kind: "database"
  /** A name, an address, or the directory of the server's Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string | null
  readonly database: string
  /** Whether TLS is asked for where it would be left out: on this machine. */
  readonly isTlsAsked: boolean
  /** Whether a pooler in transaction mode is between: a connection keeps no setting of its own. */
  readonly isPooled: boolean
}

/** One of them. */
export type StoreLocation = DirectoryLocation | DatabaseLocation

/** Names a location in messages. Never has the password. */
export function nameOf(location: StoreLocation): string {
  if (location.kind === "directory") return location.path
  const { host, port, database } = location
  if (host.startsWith("/")) return `database '${database}' at the socket in '${host}'`
  return `database '${database}' at ${host.includes(":") ? `[${host}]` : host}:${port}`
}
