// Signals to a service, and to what started it: npm's child, a terminal that closes (H-17).

import assert from "node:assert/strict"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const project = fileURLToPath(new URL("../..", import.meta.url))
const waitMillisMax = 20_000
const noNpm = spawnSync("npm", ["--version"]).status === 0 ? false : "there is no npm"
const noScript = /util-linux/.test(String(spawnSync("script", ["--version"]).stdout))
  ? false
  : "there is no script(1) of util-linux"

async function until(isSo: () => boolean, what: () => string): Promise<void> {
  for (const start = Date.now(); !isSo(); await wait(20)) {
    assert.ok(Date.now() - start < waitMillisMax, what())
  }
}

function environment(t: TestContext): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(POSTERN|JWT|npm)_/.test(name))
  const directory = temporaryDirectory(t)
  const data = { POSTERN_DATA_DIR: join(directory, "data"), TMPDIR: directory }
  return { ...Object.fromEntries(own), ...data, POSTERN_PORT: "0" }
}

/** Starts an npm script, and waits until its service is ready. */
async function startByNpm(t: TestContext, words: readonly string[]) {
  const npm = spawn("npm", ["run", ...words], { cwd: project, env: environment(t) })
  let output = ""
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk
    })
  }
  await until(
    () => output.includes('"service.ready"'),
    () => output,
  )
  const child = childOf(npm)
  t.after(() => kill(child, "SIGKILL"))
  return { npm, child, output: () => output, ended: once(npm, "close") }
}

function childOf({ pid }: ChildProcess): number {
  const found = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" })
  return Number(found.stdout.trim())
}

function kill(pid: number, signal: NodeJS.Signals): void {
  // 0 would be the test's own group of processes.
  if (!(pid > 0)) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended.
  }
}

const scripts = [["start"], ["demo"], ["postern", "--", "serve"]]
for (const words of scripts) {
  for (const whom of ["npm", "npm's child"]) {
    test(`npm run ${words.join(" ")} ends its service at a SIGTERM to ${whom}`, {
      skip: noNpm,
    }, async (t) => {
      const { npm, child, output, ended } = await startByNpm(t, words)
      if (whom === "npm") npm.kill("SIGTERM")
      else kill(child, "SIGTERM")
      await ended
      assert.match(output(), /"event":"service\.stopped"\}\n/)
      assert.throws(() => process.kill(child, 0), { code: "ESRCH" })
    })
  }
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`postern serve ends once at a ${signal} that comes again and again`, async (t) => {
    const service = await startPostern(t, {
      POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    })
    const ended = once(service.process, "exit")
    for (let count = 0; count < 5; count += 1) service.process.kill(signal)
    assert.deepEqual(await ended, [0, null])
    assert.equal(service.output().match(/service\.draining/g)?.length, 1)
  })
}

test("postern serve without a terminal lives on after SIGHUP, as under nohup", async (t) => {
  const service = await startPostern(t, {
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
  })
  service.process.kill("SIGHUP")
  service.process.kill("SIGHUP")
  await until(() => service.output().includes("signal.ignored"), service.output)
  assert.equal((await fetch(`${service.url}/readyz`)).status, 200)
  assert.equal(await service.stop(), 0)
  assert.match(service.output(), /"event":"signal\.ignored","signal":"SIGHUP"/)
})

// A terminal that closes tells its session's leader, here a shell that passes it on and writes down
// how the service ended.
for (const streams of ["> log", "> log 2>&1", "2> errors", "< /dev/null > log 2> /dev/tty", ""]) {
  test(`postern serve ${streams} on a terminal ends when the terminal closes`, {
    skip: noScript,
  }, async (t) => {
    const directory = temporaryDirectory(t)
    const [log, pid, status] = ["log", "pid", "status"].map((name) => join(directory, name))
    const main = join(project, "bin/postern.js")
    const line = `cd '${directory}'; trap 'kill -HUP $child' HUP
      '${process.execPath}' '${main}' serve < /dev/tty ${streams} & child=$!; echo $child > pid
      wait $child; wait $child; echo $? > status`
    const terminal = spawn("script", ["--quiet", "--command", line, "/dev/null"], {
      env: { ...environment(t), SHELL: "/bin/sh" },
      stdio: ["pipe", "pipe", "pipe"],
    })
    let shown = ""
    terminal.stdout.on("data", (chunk) => {
      shown += chunk
    })
    const printed = () => `${shown}${read(log)}`
    await until(() => printed().includes("service.ready"), printed)
    const service = Number(read(pid))
    t.after(() => kill(service, "SIGKILL"))
    terminal.kill("SIGKILL")
    await until(() => read(status) !== "", printed)
    assert.equal(read(status), "0\n")
    if (streams.includes("log")) assert.match(read(log), /"event":"service\.stopped"\}\n$/)
  })
}

/** The text of a file, empty while there is none. */
function read(path = ""): string {
  return existsSync(path) ? readFileSync(path, "utf8") : ""
}
