// Parser for POSTERN_STORE: a directory, or the URL of a PostgreSQL database. The value may hold a
// password, so no mistake quotes it.

import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { parseUrl } from "../domain/url.ts"
import type { StoreLocation } from "../store/store_location.ts"
import { SettingMistake } from "./values.ts"

const form = "postgres://USER:PASSWORD@HOST:5432/DATABASE"
const portDefault = "5432"
/** What a URL may ask for; less than this the connection never does. */
const tlsModes = ["require", "verify-ca", "verify-full"]

/** A path, `file:///path`, or `postgres://user:password@host:port/database`. */
export function storeLocation(value: string): StoreLocation {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase()
  if (scheme === "postgres" || scheme === "postgresql") return databaseLocation(value)
  if (scheme === "file") return { kind: "directory", path: directoryOf(value) }
  // What has no scheme but looks like a login was meant to be a URL.
  if (scheme === undefined && !/:.*@/.test(value)) {
    return { kind: "directory", path: resolve(value) }
  }
  throw new SettingMistake(
    scheme === undefined ? "It is not a URL" : `Postern has no store for '${scheme}:' URLs`,
    `Name a directory, such as /var/lib/postern, or a database: ${form}`,
  )
}

function directoryOf(value: string): string {
  try {
    return fileURLToPath(value)
  } catch {
    throw new SettingMistake(
      "It names no directory of this machine",
      "Write the path alone, or file:///path/to/directory",
    )
  }
}

function databaseLocation(value: string): StoreLocation {
  const url = readUrl(value)
  const [user, password, host, database] = [
    decoded(url.username, "user"),
    decoded(url.password, "password"),
    decoded(url.hostname.replace(/^\[(.*)\]$/, "$1"), "host"),
    decoded(url.pathname.slice(1), "database"),
  ]
  for (const [what, text] of Object.entries({ user, host, database })) {
    if (text === "" || text.includes("\0")) {
      throw new SettingMistake(`The URL has no ${what}`, `It has this form: ${form}`)
    }
  }
  return {
    kind: "database",
    ...{ host, port: Number(url.port || portDefault), user, password: password || null, database },
    ...readParameters(url.searchParams),
  }
}

function readUrl(value: string): URL {
  const hint = `It has this form: ${form}. In user and password, write @ / : ? # % as %40 %2F %3A %3F %23 %25`
  const url = parseUrl(value)
  if (url === null) throw new SettingMistake("It is not a valid URL", hint)
  // A raw # or ? in a password would end the host early.
  if (url.hash !== "") throw new SettingMistake("The URL has a #", hint)
  return url
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new SettingMistake(
      `The ${what} in the URL has a % that encodes nothing`,
      "Write a % as %25",
    )
  }
}

function readParameters(parameters: URLSearchParams) {
  let [isTlsAsked, isPooled] = [false, false]
  for (const [name, value] of parameters) {
    if (name === "sslmode") {
      if (!tlsModes.includes(value)) {
        const hint = "Remove it: off this machine TLS and the certificate are always checked"
        throw new SettingMistake("The URL's sslmode is less than Postern asks for", hint)
      }
      isTlsAsked = true
    } else if (name === "pgbouncer" && (value === "true" || value === "false")) {
      isPooled = value === "true"
    } else {
      const hint = "The URL takes sslmode=verify-full and pgbouncer=true, and nothing else"
      throw new SettingMistake("The URL has a parameter that Postern does not know", hint)
    }
  }
  return { isTlsAsked, isPooled }
}
