// A client that a public generator makes of the description: it compiles, a mistake does not, and
// it logs in, refreshes and logs out.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import generate from "openapi-typescript"
import { startPostern } from "../support/postern_process.ts"
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

/** A directory in which the packages of the project are found. */
function clientDirectory(t: TestContext): string {
  const directory = join(root, "node_modules", ".postern", `client-${process.pid}`)
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
