// Reads the tokens of a request from its header and its body, for endpoints that take both. Both
// are always read: clients attach the token they have to every request, and an error in one place
// must not hide a valid token in the other.

import { AuthError } from "../errors.ts"
import { readBearerCredentials, readBearerToken } from "./bearer.ts"
import { readJsonBody } from "./json_body.ts"
import type { HttpRequest, RequestHead } from "./message.ts"

/** The tokens of one place. */
export interface Place {
  /** At most one, unless the place has a fault or takes several members. */
  readonly tokens: readonly string[]
  /** Why the whole place can't be read. Null when it can. */
  readonly fault: AuthError | null
}

/** The tokens of both places. */
interface SentTokens {
  readonly header: Place
  readonly body: Place
}

/** Texts that programs send when they have no token. */
const noTokens = ["", "null", "undefined", "None", "nil"]
/** Most tokens that are read from a malformed header. Each one costs a signature check. */
const partsMax = 4

/** Reads the `Authorization` header, and these members of a JSON body. */
export function readSentTokens(request: HttpRequest, members: readonly string[]): SentTokens {
  return { header: readHeader(request), body: readBody(request, members) }
}

function readHeader(head: RequestHead): Place {
  const parts = (readBearerCredentials(head) ?? "").split(/[\s,]+/).filter(isToken)
  if (parts.length === 0) return { tokens: [], fault: null }
  const whole = orFault(() => readBearerToken(head))
  const fault = whole instanceof AuthError ? whole : null
  return { tokens: parts.slice(0, partsMax), fault }
}

function readBody(request: HttpRequest, names: readonly string[]): Place {
  if (request.body.byteLength === 0) return { tokens: [], fault: null }
  const members = orFault(() => readJsonBody(request))
  if (members instanceof AuthError) return { tokens: [], fault: members }
  const sent = names.filter((name) => members[name] != null)
  const texts = sent.map((name) => members[name]).filter((value) => typeof value === "string")
  const wrong = sent.find((name) => typeof members[name] !== "string")
  const fault =
    wrong === undefined
      ? null
      : new AuthError("invalid_request", `${wrong} must be text`, { reason: "malformed" })
  return { tokens: texts.filter(isToken), fault }
}

function isToken(text: string): boolean {
  return !noTokens.includes(text.trim())
}

function orFault<T>(read: () => T): T | AuthError {
  try {
    return read()
  } catch (error) {
    if (error instanceof AuthError) return error
    throw error
  }
}
