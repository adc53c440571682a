// Finds the route of a request. Paths are compared as they were sent: nothing is decoded, no dots
// are resolved, no slashes are merged. So each route has one spelling. Paths without `{name}` are
// tried first. A `{name}` segment matches one segment of unreserved characters (RFC 3986 §2.3). A
// `{name%}` segment matches one segment of any characters, percent-encoded or not: its handler
// decodes it. A last `{name*}` matches the rest of the path, whatever that is.

import type { RouteHandler } from "./guard.ts"

/** A row of the route table. A GET row answers HEAD, too. An ANY row answers every method. */
export type Route = readonly [method: Method, path: string, handler: RouteHandler]

/** Routes that belong together. */
export type RouteGroup = readonly Route[]

/** The methods a route may have. */
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "ANY"

/** The browser wing as the app sees it. */
export interface BrowserRoutes {
  /** The wing's rows. One with the method and path of a row of the core takes its place. */
  readonly groups: (core: readonly Route[]) => readonly RouteGroup[]
  /** Whether a `Host` is accepted where proxies ask: they send the host of the app. */
  readonly isProtectedHost: (host: string) => boolean
}

/** The route of a request, or why there is none. */
export type Match =
  | {
      readonly kind: "found"
      readonly handler: RouteHandler
      readonly path: string
      readonly params: Params
    }
  | { readonly kind: "other_method"; readonly path: string; readonly allow: string }
  | { readonly kind: "not_found" }

/** Finds the route for a method and a path. */
export type Router = (method: string, path: string) => Match

type Params = Readonly<Record<string, string>>

interface Entry {
  /** As a row has it. */
  readonly row: string
  /** The same as it is shown: every parameter is a `{name}`. */
  readonly path: string
  readonly methods: Map<string, RouteHandler>
}

interface Pattern extends Entry {
  readonly expression: RegExp
  readonly names: readonly string[]
}

const parameter = /^\{([a-zA-Z]\w*)([*%]?)\}$/
const staticSegment = /^[\w.~-]*$/
const noParams: Params = Object.freeze(Object.create(null))

/**
 * Compiles the route table.
 * @throws TypeError for a path that no request can have, and for a duplicate route
 */
export function createRouter(routes: readonly Route[]): Router {
  const statics = new Map<string, Entry>()
  const patterns: Pattern[] = []
  for (const [method, path, handler] of routes) {
    const entry = statics.get(path) ?? patterns.find(({ row }) => row === path) ?? addEntry(path)
    if (entry.methods.has(method)) throw new TypeError(`Duplicate route '${method} ${path}'`)
    entry.methods.set(method, handler)
  }
  return (method, path) => {
    const entry = statics.get(path)
    if (entry !== undefined) return choose(entry, method, noParams)
    for (const pattern of patterns) {
      const found = pattern.expression.exec(path)
      if (found !== null) return choose(pattern, method, paramsOf(pattern, found))
    }
    return { kind: "not_found" }
  }

  function addEntry(path: string): Entry {
    if (!path.startsWith("/")) throw new TypeError(`The path '${path}' does not start with '/'`)
    const segments = path.split("/").slice(1)
    const names = segments.flatMap((segment) => parameter.exec(segment)?.[1] ?? [])
    const odd = segments.find((segment, at) => !canMatch(segment, at === segments.length - 1))
    if (odd !== undefined) throw new TypeError(`The segment '${odd}' of '${path}' can't be matched`)
    const methods = new Map<string, RouteHandler>()
    if (names.length === 0) {
      const entry = { row: path, path, methods }
      statics.set(path, entry)
      return entry
    }
    const source = segments.map(sourceOf)
    const shown = { row: path, path: shownPath(path) }
    const pattern = { ...shown, methods, names, expression: new RegExp(`^/${source.join("/")}$`) }
    patterns.push(pattern)
    return pattern
  }
}

/** The path of a row as people and descriptions see it. */
export function shownPath(row: string): string {
  return row.replaceAll("%}", "}")
}

/** Whether a request can have such a segment. The rest of a path is its last one. */
function canMatch(segment: string, isLast: boolean): boolean {
  const found = parameter.exec(segment)
  return found === null ? staticSegment.test(segment) : found[2] !== "*" || isLast
}

/** What parameters match, by the sign at their end. Of the second, all that a segment may have. */
const sources: Readonly<Record<string, string>> = {
  "": "([\\w.~-]+)",
  "%": "((?:[\\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)",
  "*": "([^]*)",
}

function sourceOf(segment: string): string {
  const found = parameter.exec(segment)
  if (found === null) return segment.replaceAll(".", "\\.")
  return sources[found[2] ?? ""] ?? ""
}

function choose({ path, methods }: Entry, method: string, params: Params): Match {
  const own = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined)
  const handler = own ?? methods.get("ANY")
  if (handler !== undefined) return { kind: "found", handler, path, params }
  const known = [...methods.keys()]
  const allow = [...known, ...(known.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ")
  return { kind: "other_method", path, allow }
}

function paramsOf({ names }: Pattern, found: RegExpExecArray): Params {
  const params: Record<string, string> = Object.create(null)
  for (const [index, name] of names.entries()) params[name] = found[index + 1] ?? ""
  return Object.freeze(params)
}
