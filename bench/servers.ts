// The servers that are measured: how each is started, and what is to be known about it.

import { join } from "node:path"
import { type Fixture, issuer, type Profile } from "./fixture.ts"
import type { ExtraServer } from "./options.ts"
import { benchDirectory, posternBundle, rootDirectory } from "./places.ts"

/** A server, and what it can do. */
export interface ServerKind {
  readonly name: string
  readonly role: "bare" | "peer" | "postern" | "extra"
  /** Whose tokens it takes. */
  readonly profile: Profile
  /** Whether it remembers tokens, and so is warm only when it has seen all. */
  readonly remembers: boolean
  /** Whether there is nothing to be learned from it where tokens are not what matters. */
  readonly isVariant: boolean
  /** What to run: a program with arguments, or text for a shell. */
  readonly command: readonly string[] | string
  /** Settings of its own. */
  readonly environment: (port: number, dataDirectory: string) => Readonly<Record<string, string>>
  readonly workingDirectory: string
  /** What it was given, if not what all others were. */
  readonly fixture?: Fixture
  /** How many processes over one store it is; one by default. */
  readonly replicas?: number
}

type PeerOptions = Partial<Pick<ServerKind, "remembers" | "isVariant">> & {
  readonly environment?: Readonly<Record<string, string>>
}

/** The name of the server that the ratios are of. */
export const floorName = "bare node:http"

/** The same once more: how far its ratio is from 1 is the noise. */
export const controlName = "bare node:http, once more"

/** Postern as it is by default. */
export const defaultName = "Postern, ES256 (its default)"

/** The same with one wing each, which nobody uses meanwhile: its settings, by name. */
const wings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "Postern, with metrics": { POSTERN_METRICS_PORT: "0" },
  "Postern, with pages and a protected host": {
    POSTERN_PAGES: "on",
    POSTERN_PROTECT: "app.bench.example",
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
  },
  "Postern, with the admin API": { POSTERN_ADMIN_API: "on" },
}

/** Whether a server is Postern with a wing. */
export function hasWing({ name }: ServerKind): boolean {
  return Object.hasOwn(wings, name)
}

/** All servers, in the order of the tables. */
export function serverKinds(extras: readonly ExtraServer[]): readonly ServerKind[] {
  return [
    { ...peer(floorName, "bare.js"), role: "bare" },
    { ...peer(controlName, "bare.js"), role: "bare" },
    postern("Postern"),
    postern(defaultName, { profile: "published" }),
    postern("Postern, log level warn", { environment: { POSTERN_LOG_LEVEL: "warn" } }),
    ...Object.entries(wings).map(([name, environment]) =>
      postern(name, { profile: "published", environment }),
    ),
    peer("node:http + jose", "jose.js"),
    peer("Fastify + @fastify/jwt", "fastify.js"),
    peer("Fastify, cache: true", "fastify.js", {
      ...{ environment: { CACHE: "true" }, isVariant: true },
    }),
    peer("Fastify, cache: 131,072", "fastify.js", {
      ...{ environment: { CACHE: "131072" }, remembers: true, isVariant: true },
    }),
    peer("Hono + hono/jwt", "hono.js"),
    peer("Express + express-jwt, KeyObject", "express.js", { environment: { KEY: "object" } }),
    peer("Express, string secret", "express.js", { isVariant: true }),
    peer("Koa + koa-jwt, KeyObject", "koa.js", { environment: { KEY: "object" } }),
    peer("Koa, string secret", "koa.js", { isVariant: true }),
    ...extras.map(extra),
  ]
}

function peer(name: string, file: string, options: PeerOptions = {}): ServerKind {
  const { environment = {}, remembers = false, isVariant = false } = options
  return {
    ...{ name, role: "peer", profile: "shared", remembers, isVariant },
    command: [process.execPath, join(benchDirectory, "peers", file)],
    environment: () => environment,
    workingDirectory: benchDirectory,
  }
}

/** Postern as its image runs it, or from a clone. */
export function postern(
  name: string,
  options: {
    readonly profile?: Profile
    readonly environment?: Readonly<Record<string, string>>
    readonly fromClone?: boolean
  } = {},
): ServerKind {
  const { profile = "shared", environment = {}, fromClone = false } = options
  const program = fromClone ? ["bin/postern.js"] : ["--enable-source-maps", posternBundle]
  return {
    ...{ name, role: "postern", profile, remembers: true },
    isVariant: name !== "Postern",
    command: [process.execPath, ...program, "serve"],
    environment: (port, dataDirectory) => ({
      ...{ POSTERN_PORT: String(port), POSTERN_DATA_DIR: dataDirectory },
      ...(profile === "shared" ? {} : { POSTERN_ISSUER: issuer }),
      ...environment,
    }),
    workingDirectory: rootDirectory,
  }
}

function extra({ name, command }: ExtraServer): ServerKind {
  return {
    ...{ name, role: "extra", profile: "shared", remembers: true, isVariant: false },
    ...{ command, environment: () => ({}), workingDirectory: process.cwd() },
  }
}

/** The variables that a server is started with: Postern's are its own, all others get the same. */
export function environmentOf(
  kind: ServerKind,
  { port, dataDirectory, answer }: { port: number; dataDirectory: string; answer: string },
  { secret, usersFile }: Fixture,
): Record<string, string> {
  const path = { PATH: process.env["PATH"] ?? "", NODE_ENV: "production" }
  const own = kind.environment(port, dataDirectory)
  const shared = kind.profile === "shared" ? { JWT_SECRET_KEY: secret } : {}
  if (kind.role === "postern") return { ...path, ...shared, ...own }
  const contract = { PORT: String(port), JWT_SECRET_KEY: secret, USERS_FILE: usersFile }
  if (kind.role === "bare") return { ...path, ...contract, ANSWER: answer, ...own }
  return { ...path, ...contract, ...own }
}
