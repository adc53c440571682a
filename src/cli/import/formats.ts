// The formats of files with users. Each reads a line as the members of a user
// (service/imported_user.ts), and `salt` for Firebase's hashes.
//
//   jsonl     {"name":"carol","password_hash":"$2b$12$…","roles":["admin"]}
//   csv       name,password_hash,roles,claims,disabled       the first line names the cells
//             carol,$2b$12$…,admin editor,"{""team"":""a""}",false
//   htpasswd  carol:$2y$05$…                                 and comments that begin with #

import { type JsonObject, readJsonObject } from "../../domain/strict_json.ts"
import { exitCodes, OperatorError } from "../../errors.ts"
import { importedMembers } from "../../service/imported_user.ts"
import { readCells } from "./csv.ts"

/** What a line says: a user, a mistake, or nothing. No message quotes the line. */
type LineReading = { readonly members: JsonObject } | { readonly fault: string } | null

/** Reads the lines of a file, one after the other. */
export type ReadLine = (text: string) => LineReading

/** The names of the formats. */
export const formatNames = ["jsonl", "csv", "htpasswd"] as const

/** The name of a format. */
export type FormatName = (typeof formatNames)[number]

const columns: readonly string[] = [...importedMembers, "salt"]
const readers: Readonly<Record<FormatName, () => ReadLine>> = {
  jsonl: () => readJsonLine,
  csv: createCsvReader,
  htpasswd: () => readHtpasswdLine,
}

/**
 * Makes a reader. Without a name the first line decides.
 * @throws OperatorError at the first line, when no format fits or a column is not known
 */
export function createLineReader(format: FormatName | null): ReadLine {
  let read = format === null ? null : readers[format]()
  return (text) => {
    if (text.trim() === "") return null
    read ??= readers[formatOf(text)]()
    return read(text)
  }
}

function formatOf(text: string): FormatName {
  if (text.startsWith("{")) return "jsonl"
  if (namesOf(text)?.includes("password_hash")) return "csv"
  if (/^#|^[^:,[]+:/.test(text)) return "htpasswd"
  const isArray = text.startsWith("[")
  throw new OperatorError(
    isArray ? "The file is a JSON array, not JSON Lines" : "The format of the file is not clear",
    {
      hint: isArray
        ? "Put each user on a line: jq -c '.[]' users.json."
        : "The first line of CSV must name the cells: name,password_hash. Or add --format.",
      exitCode: exitCodes.refused,
    },
  )
}

function readJsonLine(text: string): LineReading {
  try {
    return { members: renamed(readJsonObject(Buffer.from(text)).value) }
  } catch {
    return { fault: "the line is not one JSON object, or has a member twice" }
  }
}

/** Other systems say `username`. */
function renamed(members: JsonObject): JsonObject {
  const { username, ...others } = members
  if (username === undefined || Object.hasOwn(members, "name")) return members
  return { name: username, ...others }
}

function readHtpasswdLine(text: string): LineReading {
  if (text.startsWith("#")) return null
  const at = text.indexOf(":")
  if (at === -1) return { fault: "the line has no ':' between name and hash" }
  const [name, rest] = [text.slice(0, at), text.slice(at + 1).trimEnd()]
  // Behind another ':' there may be a comment, but Werkzeug's hashes have some themselves.
  const [hash = ""] = /^(?:scrypt|pbkdf2):/.test(rest) ? [rest] : rest.split(":")
  return { members: { name, password_hash: hash === "" ? null : hash } }
}

function createCsvReader(): ReadLine {
  let header: readonly string[] | null = null
  return (text) => {
    if (header === null) {
      header = requireHeader(text)
      return null
    }
    const cells = readCells(text)
    if (cells === null) return { fault: "a quote does not end in the line" }
    if (cells.length !== header.length) {
      return { fault: `the line has ${cells.length} cells, and the first line ${header.length}` }
    }
    const named = header.map((name, at) => [name, cells[at]?.trim() ?? ""] as const)
    try {
      return { members: Object.fromEntries(named.flatMap(memberOf)) }
    } catch {
      return { fault: "'claims' is not JSON" }
    }
  }
}

/** The names in a first line, or null when it is none. */
function namesOf(text: string): readonly string[] | null {
  const cells = readCells(text)?.map((cell) => cell.trim().toLowerCase()) ?? null
  return cells?.map((name) => (name === "username" ? "name" : name)) ?? null
}

function requireHeader(text: string): readonly string[] {
  const names = namesOf(text) ?? []
  const isKnown = names.every((name) => columns.includes(name))
  const isEach = new Set(names).size === names.length
  if (isKnown && isEach && names.includes("name") && names.includes("password_hash")) return names
  throw new OperatorError("The first line of the CSV file does not name its cells", {
    hint: `It needs name,password_hash and may have, each once: ${columns.slice(2).join(", ")}.`,
    exitCode: exitCodes.refused,
  })
}

const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, t: true, 1: true, false: false, f: false, 0: false },
}

/** A cell as a member. Empty cells are none, but an empty hash is a user without a password. */
function memberOf([name, cell]: readonly [string, string]): (readonly [string, unknown])[] {
  if (name === "password_hash") return [[name, cell === "" ? null : cell]]
  if (cell === "") return []
  if (name === "roles") return [[name, cell.split(/\s+/)]]
  if (name === "claims") return [[name, JSON.parse(cell)]]
  if (name === "disabled") return [[name, truths[cell.toLowerCase()] ?? cell]]
  const isNumber = ["created_at", "tokens_not_before"].includes(name) && /^\d{1,15}$/.test(cell)
  return [[name, isNumber ? Number(cell) : cell]]
}
