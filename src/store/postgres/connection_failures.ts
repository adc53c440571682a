// Errors of `pg` and of the network, sorted by what they mean here. The caller of the engine sees
// Unavailable; the operator sees a sentence with a hint. The error itself is the cause, for the
// log.

import { exitCodes, OperatorError, systemCode, Unavailable } from "../../errors.ts"
import { type DatabaseLocation, nameOf } from "../store_location.ts"
import { DatabaseRefusal, tooLate } from "./database.ts"

/** SQLSTATEs and classes of them that pass: the statement may work later. */
const passing = /^(?:08|40|53|57|58|55P03|55006|25006|25P0[23]|0A000|XX)/
/** SQLSTATEs after which the connection is of no use: closed, another server's, or stale plans. */
const ending = /^(?:08|57P|58|25006|25P0[23]|0A000|XX)/
const readOnly = "25006"

const tlsCodes =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|EPROTO$)/

/** The SQLSTATE of an error, or null. */
function sqlState(error: unknown): string | null {
  const code = systemCode(error)
  return code !== null &&
    /^[0-9A-Z]{5}$/.test(code) &&
    error instanceof Error &&
    "severity" in error
    ? code
    : null
}

/** What an error of a statement means for its connection and for the whole database. */
export function effectOf(error: unknown): { readonly ends: boolean; readonly stops: boolean } {
  const state = sqlState(error)
  const isTimeout = error instanceof Error && error.message === "Query read timeout"
  if (state === null) return { ends: true, stops: isTimeout }
  return { ends: ending.test(state), stops: state === readOnly }
}

/** Whether the database refused to begin, because the statement came too late. */
export function isTooLate(error: unknown): boolean {
  const cause = error instanceof Unavailable ? error.cause : error
  return cause instanceof DatabaseRefusal && cause.code === tooLate
}

/** The error that the engine gets for a statement that failed. */
export function statementFailure(error: unknown): Error {
  const state = sqlState(error)
  if (state === null || passing.test(state)) return notAnswered(error)
  const { message, constraint } = error as Error & { readonly constraint?: string }
  return new DatabaseRefusal(message, { code: state, constraint: constraint ?? null, cause: error })
}

/** The error for everybody who needs the database while it can't be used. */
export function notAnswered(cause: unknown): Unavailable {
  // Clients see the message, so it does not say where the database is.
  return new Unavailable("The database does not answer", { cause })
}

/** The error of a connection that could not be made: a mistake of the operator, or the world's. */
export function connectFailure(error: unknown, location: DatabaseLocation): Error {
  if (error instanceof OperatorError || error instanceof Unavailable) return error
  const mistake = mistakeOf(error, location)
  if (mistake === null) return notAnswered(error)
  const [message, hint] = mistake
  return new OperatorError(message, { hint, exitCode: exitCodes.badSettings, cause: error })
}

type Mistake = readonly [message: string, hint: string]

function mistakeOf(error: unknown, location: DatabaseLocation): Mistake | null {
  const { user, database } = location
  const name = nameOf(location)
  const text = error instanceof Error ? error.message : ""
  switch (sqlState(error)) {
    case "28P01":
      return [
        `The ${name} refuses the password of '${user}'`,
        "Check user and password in POSTERN_STORE. Characters such as @ / : ? # are written as %40 %2F %3A %3F %23.",
      ]
    case "28000":
      return [
        `The ${name} does not let '${user}' in: ${text}`,
        "Check user and database in POSTERN_STORE, and the server's pg_hba.conf.",
      ]
    case "3D000":
      return [
        `There is no ${name}`,
        `Make it: createdb --owner=${user} ${database}. Or check POSTERN_STORE.`,
      ]
    case "42501":
      return [
        `'${user}' may not use the ${name}: ${text}`,
        `Give the right: grant connect on database ${database} to ${user}.`,
      ]
  }
  if (/^SASL: .*password must be/.test(text)) {
    const hint = "Put it into POSTERN_STORE: postgres://USER:PASSWORD@HOST/DATABASE."
    return [`The ${name} asks for a password, and POSTERN_STORE has none`, hint]
  }
  if (/^SASL: SCRAM-SERVER-FINAL/.test(text)) {
    const hint = "Another server may have taken its place: check the host in POSTERN_STORE."
    return [`The ${name} does not know the password of '${user}' itself`, hint]
  }
  return tlsMistakeOf(text, { code: systemCode(error) ?? "", name })
}

function tlsMistakeOf(
  text: string,
  { code, name }: { readonly code: string; readonly name: string },
): Mistake | null {
  if (text === "The server does not support SSL connections") {
    return [
      `The ${name} offers no TLS`,
      "Turn TLS on in the server (ssl = on). Without TLS Postern connects only to this machine.",
    ]
  }
  if (!tlsCodes.test(code)) return null
  return [
    `The ${name} can't be trusted: ${text || code}`,
    "The certificate must have the host's name in it. Set POSTERN_STORE_CA to the file of the authority that signed it.",
  ]
}
