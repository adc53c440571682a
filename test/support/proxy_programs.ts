// The proxies of Debian as ordinary processes of a test: nginx, Caddy and HAProxy, each with a
// file of its own in a temporary directory, ended with the test.

import assert from "node:assert/strict"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { setTimeout as pause } from "node:timers/promises"

const absent = [
  ["nginx", "-v"],
  ["caddy", "version"],
  ["haproxy", "-v"],
  ["openssl", "version"],
].flatMap(([program = "", word = ""]) =>
  spawnSync(program, [word]).error === undefined ? [] : [program],
)

/** Why tests with proxies are skipped here, or false. */
export const noProxies: string | false =
  absent.length > 0 && `not installed: apt-get install ${absent.join(" ")}`
// A gate that installs the proxies may not pass without these tests.
if (process.env["TEST_PROXIES"] === "required") assert.equal(noProxies, false)

/** The programs. */
export const proxyPrograms = ["nginx", "caddy", "haproxy"] as const

/** One of them. */
export type ProxyProgram = (typeof proxyPrograms)[number]

const startRounds = 200

/** Ports below those that the system gives to clients, in a part for each process of tests. */
const firstPort = 10_000
const portsOfProcess = 500
const parts = 44
let nextPort = Math.floor(Math.random() * portsOfProcess)

/**
 * Ports that nobody listens at, each another one. The system's own free ports would not do: until
 * the proxy listens, a client or another test may get the same one.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  for (let tries = 0; ports.length < count && tries < portsOfProcess; tries += 1) {
    const place = (process.pid % parts) * portsOfProcess + (nextPort % portsOfProcess)
    nextPort += 1
    if (await isFree(firstPort + place)) ports.push(firstPort + place)
  }
  assert.equal(ports.length, count, "no free ports")
  return ports
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const isListening = new Promise<boolean>((resolve) => {
    server.once("listening", () => resolve(true)).once("error", () => resolve(false))
  })
  server.listen(port, "127.0.0.1")
  if (!(await isListening)) return false
  server.close()
  await once(server, "close")
  return true
}

/** What nginx needs beside its servers, to run as an ordinary process. */
export function nginxFile(directory: string, servers: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  return `daemon off; master_process off; pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 4096; }
http {
access_log off;
${paths.join("\n")}
${servers}
}
`
}

/** Starts a proxy on its file, and waits until it listens at a port. */
export async function startProxy(
  t: Pick<TestContext, "after">,
  program: ProxyProgram,
  {
    file,
    directory,
    port,
  }: { readonly file: string; readonly directory: string; readonly port: number },
): Promise<ChildProcess> {
  const path = join(directory, program === "caddy" ? "Caddyfile" : `${program}.conf`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(path, file)
  const words = {
    nginx: ["-c", path, "-e", join(directory, "error.log")],
    caddy: ["run", "--adapter", "caddyfile", "--config", path],
    haproxy: ["-db", "-f", path],
  }[program]
  const env = {
    ...process.env,
    HOME: directory,
    XDG_DATA_HOME: directory,
    XDG_CONFIG_HOME: directory,
  }
  const child = spawn(program, words, { cwd: directory, env, stdio: "pipe" })
  let output = ""
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = `${output}${chunk}`.slice(-4_000)
    })
  }
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill("SIGKILL")
    await once(child, "exit")
  })
  for (let round = 0; round < startRounds; round += 1) {
    const isThere = await listens(port)
    assert.equal(child.exitCode, null, `${program} has ended:\n${output}`)
    if (isThere) return child
    await pause(50)
  }
  return assert.fail(`${program} does not listen:\n${output}`)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" })
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })
}
