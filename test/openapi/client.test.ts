// A client that a public generator makes of the description: it compiles, a mistake does not, and
// it logs in, refreshes and logs out. Another one administers.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import generate from "openapi-typescript"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const client = `import createClient from "openapi-fetch"
import type { paths } from "./api.ts"

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" })
const credentials = { username: "alice", password: "wonderland" }
const { data: first } = await client.POST("/login", { body: credentials })
if (first === undefined) throw new Error("No login")
const { data: second } = await client.POST("/refresh", {
  body: { refresh_token: first.refresh_token },
})
if (second === undefined) throw new Error("No refresh")
const headers = { Authorization: \`Bearer \${second.access_token}\` }
const { data: me } = await client.GET("/me", { headers })
const { response } = await client.POST("/logout", { headers })
const { error } = await client.GET("/me", { headers })
console.log(JSON.stringify([me?.username, response.status, error?.error]))
`

const adminClient = `import createClient from "openapi-fetch"
import type { paths } from "./api.ts"

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" })
const credentials = { username: "alice", password: "wonderland" }
const { data: login } = await client.POST("/login", { body: credentials })
if (login === undefined) throw new Error("No login")
const headers = { Authorization: \`Bearer \${login.access_token}\` }
const username = "o'neil+x@example.org"
const path = { username }
const made = await client.POST("/admin/users", {
  headers,
  body: { username, password: "korrekt-pferd-batterie" },
})
const query = { search: "neil", limit: 5 }
const { data: page } = await client.GET("/admin/users", { headers, params: { query } })
const etag = page?.users[0]?.etag ?? ""
const role = await client.PUT("/admin/users/{username}/roles/{role}", {
  headers,
  params: { path: { ...path, role: "team:editor" }, header: { "If-Match": etag } },
})
const stale = await client.POST("/admin/users/{username}/disable", {
  headers,
  params: { path, header: { "If-Match": etag } },
})
const next = role.response.headers.get("ETag") ?? ""
const claim = await client.PUT("/admin/users/{username}/claims/{claim}", {
  headers,
  params: { path: { ...path, claim: "https://example.org/t" }, header: { "If-Match": next } },
  body: { value: [1] },
})
const users = [made.data?.username, page?.users.length, page?.next]
const changed = [role.data?.roles, stale.error?.error, claim.data?.claims]
console.log(JSON.stringify([...users, ...changed]))
`

test("a generated client administers, and has to name what it changes", async (t) => {
  const data = temporaryDirectory(t)
  const seeded = { POSTERN_DATA_DIR: data, POSTERN_SEED_USERS: "alice:wonderland" }
  const service = await startPostern(t, { ...seeded, POSTERN_ADMIN_API: "on" })
  const words = ["user", "role", "add", "alice", "admin"]
  await runPostern(words, { POSTERN_DATA_DIR: data })
  const directory = clientDirectory(t)
  const reply = await fetch(`${service.url}/openapi.json`)
  const description = (await reply.json()) as Parameters<typeof generate>[0]
  writeFileSync(join(directory, "api.ts"), await generate(description))
  writeFileSync(join(directory, "client.ts"), adminClient)
  assert.equal(compile(directory), "")
  const program = ["--import", "tsx", join(directory, "client.ts"), service.url]
  const printed = execFileSync(process.execPath, program, { cwd: root, encoding: "utf8" })
  assert.deepEqual(JSON.parse(printed), [
    ...["o'neil+x@example.org", 1, null, ["team:editor"], "precondition_failed"],
    { "https://example.org/t": [1] },
  ])
  const careless = adminClient.replaceAll(', header: { "If-Match": etag }', "")
  writeFileSync(join(directory, "client.ts"), careless)
  assert.match(compile(directory), /header/)
})

test("a generated client logs in, refreshes and logs out", async (t) => {
  const data = temporaryDirectory(t)
  const service = await startPostern(t, {
    ...{ POSTERN_DATA_DIR: data, POSTERN_SEED_USERS: "alice:wonderland" },
  })
  const reply = await fetch(`${service.url}/openapi.json`)
  const description = (await reply.json()) as Parameters<typeof generate>[0]
  const directory = clientDirectory(t)
  writeFileSync(join(directory, "api.ts"), await generate(description))
  writeFileSync(join(directory, "client.ts"), client)
  assert.equal(compile(directory), "")
  const words = ["--import", "tsx", join(directory, "client.ts"), service.url]
  const printed = execFileSync(process.execPath, words, { cwd: root, encoding: "utf8" })
  assert.deepEqual(JSON.parse(printed), ["alice", 204, "invalid_token"])
  writeFileSync(join(directory, "client.ts"), client.replace("second.access_token", "second.token"))
  assert.match(compile(directory), /Property 'token' does not exist/)
})

let clients = 0

/** A directory in which the packages of the project are found. */
function clientDirectory(t: TestContext): string {
  clients += 1
  const directory = join(root, "node_modules", ".postern", `client-${process.pid}-${clients}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }')
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** What the compiler says. */
function compile(directory: string): string {
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--allowImportingTsExtensions"]
  const kind = ["--module", "nodenext", "--target", "es2023", "--types", "node"]
  const program = join(root, "node_modules", "typescript", "bin", "tsc")
  const words = [program, "--ignoreConfig", ...options, ...kind, join(directory, "client.ts")]
  return spawnSync(process.execPath, words, { cwd: root, encoding: "utf8" }).stdout
}
