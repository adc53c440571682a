// The style that can be checked is checked, as text: sizes, who imports whom, where the world
// enters, documentation, names.

import assert from "node:assert/strict"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const fileLinesMax = 300
const functionLinesMax = 60
const lineLengthMax = 100
/** A text that is too long to stand beside anything else. */
const literalLengthMin = 60

/**
 * The rooms, and what each never imports, types included. A name with a slash at its end is a
 * folder, `*` is everything, and `!` takes a folder out of one.
 */
const neverImports: Readonly<Record<string, readonly string[]>> = {
  "errors.ts": ["*"],
  "clock.ts": ["*"],
  "domain/": ["*", "!domain/", "!errors.ts", "!clock.ts"],
  "system/": ["*", "!system/", "!errors.ts", "!clock.ts", "!domain/"],
  "telemetry/": ["*", "!telemetry/", "!errors.ts", "!clock.ts", "!domain/", "!system/"],
  "factor/": ["*", "!factor/", "!errors.ts", "!clock.ts", "!domain/", "!system/"],
  "token/": ["store/", "http/", "service/", "handlers/", "config/", "telemetry/"],
  "password/": ["store/", "http/", "service/", "handlers/", "config/", "telemetry/"],
  "limit/": ["store/", "http/", "service/", "handlers/", "config/", "telemetry/"],
  "store/": ["token/", "http/", "service/", "handlers/", "config/"],
  "service/": ["http/", "handlers/", "config/", "store/json/"],
  "http/": ["service/", "token/", "store/", "handlers/", "config/"],
  "handlers/": [
    "store/",
    "handlers/",
    "!handlers/verify/answer.ts",
    "!handlers/verify/verify_log.ts",
    "!handlers/mfa/mfa_handler_parts.ts",
    "!handlers/admin/admin_parts.ts",
    "!handlers/admin/key_operations.ts",
    "!handlers/operations.ts",
    "!handlers/token_reply.ts",
    "!handlers/list_sessions.ts",
    "http/node/",
  ],
  "pages/": ["store/", "token/", "config/", "handlers/", "http/node/"],
  "metrics/": ["config/", "http/", "handlers/", "admin/", "cli/", "store/json/", "store/postgres/"],
  "admin/": ["http/", "handlers/", "store/", "cli/"],
  "cli/": ["http/", "handlers/"],
}

/** Rooms whose insides only these files know: everybody else goes by the seam beside them. */
const innerRooms: Readonly<Record<string, readonly string[]>> = {
  "store/json/": [
    ...["store/open_store.ts", "store/data_directory.ts"],
    ...["store/copy_store.ts", "store/store_status.ts", "store/backup.ts"],
  ],
  "store/postgres/": ["store/open_store.ts", "store/copy_store.ts", "store/store_status.ts"],
  "wings/": ["start.ts", "startup/", "routes.ts"],
  "startup/": ["start.ts"],
  "http/node/": ["start.ts", "startup/server_options.ts", "wings/metrics.ts", "config/load.ts"],
  "metrics/": ["wings/metrics.ts"],
  "cli/doctor/": ["cli/commands.ts"],
  "cli/audit/": ["cli/operator_commands.ts"],
  "cli/status/": ["cli/operator_commands.ts"],
  "handlers/": ["routes.ts", "wings/", "startup/waiting.ts", "openapi/document.ts"],
  "handlers/pages/": ["wings/browser.ts"],
  "handlers/verify/": ["wings/browser.ts"],
  "handlers/mfa/": ["wings/factors.ts", "wings/factor_routes.ts", "openapi/document.ts"],
  "handlers/admin/": ["wings/admin.ts", "openapi/document.ts"],
  "openapi/": ["handlers/"],
  "factor/": ["service/factors/", "cli/doctor/checks/passkeys.ts"],
  "pages/": ["wings/browser.ts", "handlers/pages/", "handlers/verify/"],
}

/** What enters the program through these files only. */
const entrances: readonly (readonly [what: RegExp, files: readonly string[]])[] = [
  [/from "node:fs/, ["system/"]],
  [/^import (?!type).*from "node:http"/m, ["http/node/server.ts"]],
  // But what only tells texts apart and opens no socket.
  [
    /^import (?!type|{[^}]*\bisIPv4\b).*from "node:net"/m,
    // The doctor sends and reads HTTP byte by byte, which `node:http` would tidy up.
    ["system/unix_socket.ts", "cli/healthcheck.ts", "cli/doctor/exchange.ts"],
  ],
  [/from "jose["/]/, ["token/"]],
  // Each wing is loaded only where it is on, or at the first request that needs it. The rows of
  // second factors, which load their wing, stand in routes.ts.
  [/^import (?!type)[^"]*"[^"]*\/wings\/(?!factor_routes\.ts")/m, []],
  [/^import (?!type)[^"]*"\.\/(?:browser|admin|factors|metrics)\.ts"/m, ["domain/", "config/"]],
  [/import\("[^"]*\/wings\//, ["start.ts", "startup/compose_app.ts"]],
  // The description of the API is made when somebody asks for it.
  [
    /^import (?!type)[^"]*\/(?:\w*operations|openapi\/\w+)\.ts"/m,
    ["handlers/", "openapi/", "routes.ts"],
  ],
  // Whole, it is 46 files to load at the start from a clone; of its parts, 18.
  [/^import (?!type)[^"]*from "jose"/m, []],
  [/from "@node-rs\/argon2"/, ["password/hash.ts", "password/legacy/argon2.ts"]],
  // Other systems' hashes are verified by a wing: loaded when one of them is compared or imported.
  [/^import (?!type)[^"]*"[^"]*\/legacy\//m, ["cli/import/"]],
  [/^import (?!type)[^"]*from "@node-rs\/bcrypt"/m, []],
  [/\bimport\("@node-rs\/bcrypt"\)/, ["password/legacy/bcrypt.ts"]],
  // Loaded only where the store is in a database.
  [/^import (?!type)[^"]*from "pg"/m, []],
  [/\bimport\("pg"\)/, ["store/postgres/"]],
  // Loaded only when a passkey is made or used.
  [/^(?:import|export) (?!type)[^"]*from "@simplewebauthn\//m, []],
  [/\bimport\("@simplewebauthn\//, ["factor/webauthn.ts"]],
  // Loaded only when a backup is encrypted or decrypted.
  [/^import (?!type)[^"]*from "age-encryption"/m, []],
  [/\bimport\("age-encryption"\)/, ["cli/age.ts"]],
  // Loaded only with the page that shows a QR code.
  [/^(?:import|export) (?!type)[^"]*from "uqr"/m, []],
  [/\bimport\("uqr"\)/, ["factor/qr.ts"]],
  [
    /\bpostern\.[a-z_]+\b.*(?:\bwhere\b|\bset\b|\bvalues\b|\()|\bselect .*\bfrom\b/,
    ["store/postgres/"],
  ],
  [/\bDate\b|\bperformance\b/, ["clock.ts"]],
  [/\brandomBytes\b|\bMath\.random\b|\brandomUUID\b|getRandomValues/, ["system/random.ts"]],
  [/\bprocess\.env\b|\bprocess\.exit\b/, ["main.ts", "cli/"]],
  [/\bconsole\b/, []],
  [/\beval\(|\bnew Function\b|child_process|worker_threads/, []],
  [
    /\bnew URL\(/,
    ["domain/url.ts", "config/browser.ts", "config/issuer.ts", "cli/doctor/public_address.ts"],
  ],
  // After some thousand calls, Node 20 answers false for hosts with letters such as ü.
  [/\bURL\.canParse\(/, []],
]

const bannedFileNames = /(^|\/)(utils?|helpers?|common|types|constants|lib|index)(\.ts|\/)/
const bannedNames =
  /\b\w*(Manager|Helper|Utils?|(?<!Address|registration|authentication)Info)\b|\bTODO\b|\bFIXME\b|\bXXX\b/

interface Source {
  /** Path below src/ or test/. */
  readonly name: string
  readonly text: string
  readonly lines: readonly string[]
}

const sources = read("src")
const tests = read("test")

test("tidy: files, functions and lines are short", () => {
  const long: string[] = []
  for (const { name, lines } of [...sources, ...tests]) {
    if (lines.length > fileLinesMax) long.push(`${name}: ${lines.length} lines`)
    for (const [index, line] of lines.entries()) {
      const place = `${name}:${index + 1}`
      if ([...line].length > lineLengthMax && !isUnbreakable(line)) {
        long.push(`${place}: ${line.length} characters`)
      }
      const length = functionLength(lines, index)
      if (length > functionLinesMax) long.push(`${place}: a function of ${length} lines`)
    }
  }
  assert.deepEqual(long, [])
})

test("tidy: imports run in one direction", () => {
  const wrong: string[] = []
  for (const source of sources) {
    for (const [who, whom] of Object.entries(neverImports)) {
      if (!isIn(source.name, who)) continue
      for (const imported of importsOf(source)) {
        if (isAmong(imported, whom)) wrong.push(`${source.name} imports ${imported}`)
      }
    }
    for (const [room, files] of Object.entries(innerRooms)) {
      if (isIn(source.name, room) || files.some((file) => isIn(source.name, file))) continue
      for (const imported of importsOf(source)) {
        if (isIn(imported, room)) wrong.push(`${source.name} imports ${imported}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test("tidy: no import cycles", () => {
  const graph = new Map(sources.map((source) => [source.name, importsOf(source)]))
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), `cycle: ${[...path, name].join(" → ")}`)
    if (done.has(name)) return
    for (const imported of graph.get(name) ?? []) visit(imported, [...path, name])
    done.add(name)
  }
  for (const { name } of sources) visit(name, [])
})

test("tidy: time, disk, sockets, randomness and jose enter where they should", () => {
  const wrong: string[] = []
  for (const { name, text } of sources) {
    for (const [what, files] of entrances) {
      if (what.test(withoutComments(text)) && !files.some((file) => isIn(name, file))) {
        wrong.push(`${name} has ${what}`)
      }
    }
  }
  assert.deepEqual(wrong, [])
})

test("tidy: each file opens with a comment and each export has a sentence", () => {
  const bare: string[] = []
  for (const { name, lines } of sources) {
    if (!lines[0]?.startsWith("// ")) bare.push(`${name}: no opening comment`)
    for (const [index, line] of lines.entries()) {
      const documented = /\*\/$/.test(lines[index - 1] ?? "")
      const overload = /^export (async )?function/.test(line) && isOverloadOf(lines, index)
      if (/^export /.test(line) && !documented && !overload) {
        bare.push(`${name}:${index + 1}: ${line}`)
      }
    }
  }
  assert.deepEqual(bare, [])
})

test("tidy: names say what a thing is", () => {
  const wrong: string[] = []
  for (const { name, text } of [...sources, ...tests]) {
    if (name === "tidy.test.ts") continue
    const found = bannedFileNames.exec(name)?.[0] ?? bannedNames.exec(text)?.[0]
    if (found !== undefined) wrong.push(`${name}: ${found}`)
  }
  assert.deepEqual(wrong, [])
})

function read(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => {
      const text = readFileSync(join(root, folder, name), "utf8")
      return { name, text, lines: text.replace(/\n$/, "").split("\n") }
    })
}

function importsOf({ name, text }: Source): string[] {
  const paths = [...text.matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g)].map(
    (found) => found[1] ?? "",
  )
  return paths.map((path) => normalize(join(dirname(name), path)))
}

function isIn(name: string, fileOrFolder: string): boolean {
  return fileOrFolder.endsWith("/") ? name.startsWith(fileOrFolder) : name === fileOrFolder
}

function isAmong(imported: string, whom: readonly string[]): boolean {
  const isExempt = whom.some((one) => one.startsWith("!") && isIn(imported, one.slice(1)))
  return !isExempt && whom.some((one) => one === "*" || isIn(imported, one))
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "")
}

// The formatter breaks what can be broken: what is left are long texts and patterns.
function isUnbreakable(line: string): boolean {
  const literals = line.match(/"[^"]*"|'[^']*'|`[^`]*`|\/(?:[^/\\]|\\.)+\//g) ?? []
  return literals.some((literal) => literal.length >= literalLengthMin)
}

// As the formatter writes them: a function ends at the first brace that stands as far in as it
// does.
function functionLength(lines: readonly string[], index: number): number {
  const line = lines[index] ?? ""
  const opening =
    /^(\s*)(?:export )?(?:async )?(?:static )?(?:function\b|#?\w+\(.*\{$|\w+: .*=> \{$)/
  const indent = opening.exec(line)?.[1]
  if (indent === undefined || /^\s*(if|for|while|switch|catch|test)\b/.test(line)) return 0
  const end = lines.findIndex((later, at) => at > index && later.startsWith(`${indent}}`))
  return end === -1 ? 0 : end - index + 1
}

// Of overloads the first has the sentence.
function isOverloadOf(lines: readonly string[], index: number): boolean {
  const name = /function (\w+)/.exec(lines[index] ?? "")?.[1]
  return lines.slice(0, index).some((line) => line.startsWith(`export function ${name}`))
}
