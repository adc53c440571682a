// Reads POSTERN_PROTECT: who may go where, a line a host. domain/access_rule.ts says how the lines
// judge.
//
//   # host[:port]        words, in any order
//   photos.home.example
//   admin.home.example   role=admin|ops fresh=5m mfa
//   git.home.example     open=/public/ preflight bearer machine
//   dav.home.example     machine user=alice|svc:phone
//   *.lab.home.example   role=lab user=alice|bob
//
// An unknown word is a mistake: a word that is skipped could leave open what it should close. Every
// mistake names its line.

import { domainToASCII } from "node:url"
import { isDeepStrictEqual } from "node:util"
import {
  type AccessRule,
  httpsPort,
  isPlainPath,
  type ProtectedHost,
} from "../domain/access_rule.ts"
import { canonicalAddress } from "../domain/ip_address.ts"
import { canonicalPrincipal } from "../domain/service_token.ts"
import { isRole } from "../service/user_rights.ts"
import { closestName } from "./closest_name.ts"
import { duration, SettingMistake } from "./values.ts"

/** Reports a mistake in a line, which has a number. */
type ReportLine = (line: number, mistake: SettingMistake) => void

interface Line {
  readonly number: number
  readonly name: string
  readonly port: number
  readonly rule: AccessRule
}

const nothing: AccessRule = Object.freeze({
  ...{ open: [], preflight: false, bearer: false, machine: false },
  ...{ roles: null, users: null, freshSeconds: null, mfa: false },
})

const freshSeconds = duration({ least: 60, most: 30 * 86_400 })

/** What each word adds to a rule. A word that ends with `=` takes a value. */
const words: Readonly<Record<string, (value: string) => Partial<AccessRule>>> = {
  "open=": (value) => ({ open: listOf(value, readPrefix) }),
  preflight: () => ({ preflight: true }),
  bearer: () => ({ bearer: true }),
  machine: () => ({ machine: true }),
  "role=": (value) => ({ roles: listOf(value, readRole) }),
  "user=": (value) => ({ users: listOf(value, readUser) }),
  "fresh=": (value) => ({ freshSeconds: freshSeconds(value) }),
  mfa: () => ({ mfa: true }),
}

/**
 * Reads the lines. Mistakes are reported, and their lines are left out.
 * @param loginHost the host of the login page, which can't be protected
 */
export function readProtectedHosts(
  text: string,
  loginHost: string | undefined,
  report: ReportLine,
): readonly ProtectedHost[] {
  const lines = text.split("\n").flatMap((content, index) => {
    const [host = "", ...rest] = content
      .replace(/(?:^|\s)#.*$/, "")
      .split(/\s+/)
      .filter(Boolean)
    if (host === "") return []
    try {
      const { name, port } = readName(host)
      if (name === loginHost) throw isLoginHost(host)
      return [{ number: index + 1, name, port, rule: readRule(rest) }]
    } catch (error) {
      if (!(error instanceof SettingMistake)) throw error
      report(index + 1, error)
      return []
    }
  })
  return joinPorts(lines, report)
}

/** One host of all lines with the same name: they may differ by port only. */
function joinPorts(lines: readonly Line[], report: ReportLine): readonly ProtectedHost[] {
  const hosts = new Map<string, ProtectedHost & { readonly line: number }>()
  for (const { number, name, port, rule } of lines) {
    const known = hosts.get(name)
    if (known === undefined) {
      hosts.set(name, { name, ports: [port], rule, line: number })
    } else if (known.ports.includes(port)) {
      const hint = "Write one line for a host, with all its words"
      report(number, new SettingMistake(`line ${known.line} has this host, too`, hint))
    } else if (!isDeepStrictEqual(known.rule, rule)) {
      const problem = `line ${known.line} has this host with other words`
      const hint = "Give all ports of a host the same words: browsers share cookies between ports"
      report(number, new SettingMistake(problem, hint))
    } else {
      hosts.set(name, { ...known, ports: [...known.ports, port] })
    }
  }
  return [...hosts.values()].map(({ name, ports, rule }) => Object.freeze({ name, ports, rule }))
}

function readName(text: string): { readonly name: string; readonly port: number } {
  const [, star = "", written = "", port] = /^(\*\.)?([^:*]+?)(?::(\d{1,5}))?$/.exec(text) ?? []
  const hint =
    "Write a name such as photos.example.org, with :port unless it is 443, or *.example.org"
  if (canonicalAddress(written) !== null || text.startsWith("[")) {
    throw new SettingMistake(`'${text}' is an address`, "Give the host a name: cookies need one")
  }
  const name = /[/@%?#\\]/.test(written) ? "" : domainToASCII(written).replace(/\.$/, "")
  const isName = /^(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name)
  // `URL` takes names such as 0x7f.1 for addresses.
  if (!isName || /(?:^|\.)\d+$/.test(name) || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) {
    throw new SettingMistake(`'${text}' is not a host name`, hint)
  }
  return { name: `${star}${name}`, port: Number(port ?? httpsPort) }
}

function readRule(texts: readonly string[]): AccessRule {
  const rule: { [K in keyof AccessRule]: AccessRule[K] } = { ...nothing }
  const seen = new Set<string>()
  for (const text of texts) {
    const [, word = "", value = ""] = /^([^=]*=?)(.*)$/.exec(text) ?? []
    const read = Object.hasOwn(words, word) ? words[word] : undefined
    if (read === undefined) throw unknownWord(text, word)
    if (seen.has(word)) {
      const hint = word.endsWith("=") ? `Write ${word}one|other` : "Write it once"
      throw new SettingMistake(`'${word}' stands twice`, hint)
    }
    seen.add(word)
    Object.assign(rule, read(value))
  }
  return Object.freeze(rule)
}

function unknownWord(text: string, word: string): SettingMistake {
  const close = closestName(word, Object.keys(words)) ?? closestName(`${word}=`, Object.keys(words))
  const meant = close === null ? "" : `Did you mean ${close}? `
  return new SettingMistake(`unknown word '${text}'`, `${meant}Words are ${wordsList()}`)
}

function wordsList(): string {
  return Object.keys(words).join(", ")
}

function listOf(value: string, read: (one: string) => string): readonly string[] {
  return Object.freeze([...new Set(value.split("|").map(read))].sort())
}

function readPrefix(text: string): string {
  if (isPlainPath(text) && !text.startsWith("/.postern")) return text
  throw new SettingMistake(
    `'${text}' can't be open`,
    "Write the beginning of a path: letters, digits and - _ ~ . between slashes, such as /public/",
  )
}

function readRole(text: string): string {
  if (isRole(text)) return text
  throw new SettingMistake(`'${text}' is not a role`, "Write role=admin, or role=admin|ops")
}

function readUser(text: string): string {
  const username = canonicalPrincipal(text)
  if (username !== null) return username
  const hint = "Write user=alice, user=alice|bob, or user=svc:NAME for a service token"
  throw new SettingMistake(`'${text}' is not a username`, hint)
}

function isLoginHost(host: string): SettingMistake {
  const hint = "Give the login page a name of its own, or leave this line out"
  return new SettingMistake(`'${host}' is the host of the login page`, hint)
}
