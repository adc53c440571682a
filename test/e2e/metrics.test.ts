// Metrics of a service as its users run it: the bundle of the image
// suffices, also under the permission model of Node.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { call } from "../support/http_client.ts"
import { numbersNamed, readNumbers } from "../support/metrics_service.ts"
import { type RunningPostern, runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))
const native = "node_modules/@node-rs"
const known = process.allowedNodeEnvironmentFlags
const permissionOptions = known.has("--permission")
  ? ["--permission", ...(known.has("--allow-net") ? ["--allow-net"] : [])]
  : ["--experimental-permission"]

let image = ""

before((t) => {
  image = temporaryDirectory(t as TestContext)
  const built = spawnSync(process.execPath, ["bin/bundle.js", image], {
    cwd: root,
    encoding: "utf8",
  })
  assert.equal(built.status, 0, built.stderr)
  cpSync(join(root, native), join(image, native), { recursive: true })
})

function settingsOf(t: TestContext) {
  const directory = join(temporaryDirectory(t), "data")
  mkdirSync(directory, { mode: 0o700 })
  return { POSTERN_DATA_DIR: directory, POSTERN_SEED_USERS: "alice:wonderland" }
}

async function read({ output }: RunningPostern) {
  const url = /"event":"metrics.ready","url":"([^"]*)"/.exec(output())?.[1] ?? assert.fail(output())
  return readNumbers(await (await fetch(url)).text())
}

test("metrics work in the image's bundles under Node's permission model", async (t) => {
  const settings = { ...settingsOf(t), POSTERN_METRICS_PORT: "0", NODE_PATH: "" }
  const { POSTERN_DATA_DIR: directory } = settings
  const program = [
    ...permissionOptions,
    "--allow-addons",
    ...[image, directory, "/usr/bin/ldd"].map((path) => `--allow-fs-read=${path}`),
    `--allow-fs-write=${directory}`,
    ...["--disable-warning=SecurityWarning", "--disable-warning=ExperimentalWarning"],
    join(image, "postern.cjs"),
  ]
  const service = await startPostern(t, settings, ["serve"], program)
  const json = { username: "alice", password: "wonderland" }
  assert.equal((await call(service.url, "POST", "/login", { json })).status, 200)
  const numbers = await read(service)
  assert.deepEqual(numbersNamed(numbers, "postern_logins_total"), { "outcome=succeeded": 1 })
  assert.equal(numbers["postern_ready"], 1)
  assert.equal(numbers["postern_http_connections"], 1)
  assert.ok((numbers["process_resident_memory_bytes"] ?? 0) > 20_000_000)
  // The first delay is measured a moment after the start.
  while (!(await read(service))["postern_event_loop_delay_seconds_count"]) await wait(50)
  assert.equal(await service.stop(), 0)
})

test("a start whose port for metrics is taken fails with a hint, and gives its own port back", async (t) => {
  const other = createServer().listen(0, "127.0.0.1")
  await once(other, "listening")
  t.after(() => other.close())
  const { port } = other.address() as { port: number }
  const settings = { ...settingsOf(t), POSTERN_PORT: "0", POSTERN_METRICS_PORT: String(port) }
  const { exitCode, stderr } = await runPostern(["serve"], settings)
  assert.equal(exitCode, 69)
  assert.match(stderr, new RegExp(`Can't listen at http://127.0.0.1:${port} \\(EADDRINUSE\\)`))
  assert.match(stderr, /^hint: .*POSTERN_METRICS_PORT to a free port\.$/m)
})
