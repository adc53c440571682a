// Builds and tries what a release consists of, and publishes nothing: npm run release:check
//
// Everything is made in build/check. Packages come from npm's cache where they are in it.

import assert from "node:assert/strict"
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { makePackage, packInto } from "./package.ts"
import { runSteps, type Step } from "./report.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const place = join(root, "build/check")
const app = join(place, "app")
const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
const startMillisMax = 60_000
const issuer = "https://login.example.org"
/** What the header of a native program says of its processor. */
const processors = [
  { image: "linux/amd64", cpu: "x64", elf: 0x3e },
  { image: "linux/arm64", cpu: "arm64", elf: 0xb7 },
]
const manifests = ["kubernetes.yaml", "kubernetes_replicas.yaml"].map(
  (name) => `examples/deploy/${name}`,
)
const unit = "examples/deploy/postern.service"

const steps: readonly Step[] = [
  { name: "version", run: checkVersion },
  { name: "npm package", run: pack },
  { name: "installation", run: install },
  { name: "service and postern/verify", run: tryService },
  ...processors.map(({ image, cpu, elf }) => ({
    name: `packages of an image for ${image}`,
    run: () => checkNatives(cpu, elf),
  })),
  { name: "SBOM", run: makeSbom },
  { name: "systemd unit", missing: () => absent("systemd-analyze"), run: checkUnit },
  { name: "image", missing: absentDocker, run: buildImage },
  notRun("image started on linux/arm64", "needs such a machine, or QEMU"),
  notRun("Kubernetes manifests in a cluster", "needs a cluster"),
  notRun("publication", "is a decision; docs/maintainers/release.md has the commands"),
]

function checkVersion(): string {
  const { version } = JSON.parse(read("package.json"))
  assert.equal(JSON.parse(read("package-lock.json")).version, version, "package-lock.json")
  for (const name of manifests) assert.match(read(name), new RegExp(`/postern:${version}$`, "m"))
  return `${version} in package.json, its lock and the Kubernetes manifests`
}

function pack(): string {
  const [text, again] = ["package", "again/package"].map((name) => {
    const directory = join(place, name)
    makePackage(directory)
    return readFileSync(packInto(directory, dirname(directory)))
  })
  assert.ok(text !== undefined && again?.equals(text), "Two builds differ")
  return `${tarball()}, ${Math.round(text.length / 1000)} KB, the same twice`
}

function tarball(): string {
  return readdirSync(place).find((name) => name.endsWith(".tgz")) ?? "absent"
}

function install(): string {
  mkdirSync(app)
  writeFileSync(join(app, "package.json"), '{"private":true}\n')
  npm(app, ["install", ...quiet, join(place, tarball())])
  const command = join(app, "node_modules/.bin/postern")
  return execFileSync(command, ["--version"], { encoding: "utf8" }).trim()
}

async function tryService(): Promise<string> {
  const environment = {
    ...{ PATH: process.env["PATH"], POSTERN_PORT: "0", POSTERN_ISSUER: issuer },
    ...{ POSTERN_DATA_DIR: join(place, "data"), POSTERN_SEED_USERS: "alice:wonderland" },
  }
  const command = join(app, "node_modules/.bin/postern")
  const service = spawn(command, ["serve"], { env: environment, stdio: ["ignore", "pipe", "pipe"] })
  const ended = once(service, "exit")
  try {
    await useService(await addressOf(service))
  } finally {
    service.kill("SIGTERM")
  }
  const [code] = await ended
  assert.equal(code, 0, "The service did not end by itself")
  return "a login, a token verified, a logout, the token refused"
}

async function useService(address: string): Promise<void> {
  const login = await fetch(`${address}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"username":"alice","password":"wonderland"}',
  })
  assert.equal(login.status, 200, "The login failed")
  const { access_token: token } = (await login.json()) as { readonly access_token: string }
  const path = createRequire(join(app, "app.js")).resolve("postern/verify")
  const { createVerifier } = await import(pathToFileURL(path).href)
  assert.equal((await createVerifier(issuer, { address })(token)).sub, "alice")
  const headers = { Authorization: `Bearer ${token}` }
  assert.equal((await fetch(`${address}/logout`, { method: "POST", headers })).status, 204)
  await assert.rejects(createVerifier(issuer, { address })(token), { message: /revoked/ })
}

async function addressOf({ stdout, stderr }: ChildProcess): Promise<string> {
  let output = ""
  return await new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`The service did not start:\n${output}`))
    const timer = setTimeout(fail, startMillisMax)
    const take = (chunk: Buffer) => {
      output += chunk
      const found = /"event":"service\.ready","url":"([^"]+)"/.exec(output)?.[1]
      if (found === undefined) return
      clearTimeout(timer)
      resolve(found)
    }
    stdout?.on("data", take)
    stdout?.once("end", fail)
    stderr?.on("data", take)
  })
}

/** What `npm ci` installs in the image's build on another processor. The base has glibc. */
function checkNatives(cpu: string, elf: number): string {
  const directory = join(place, cpu)
  mkdirSync(directory)
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
    copyFileSync(join(root, name), join(directory, name))
  }
  const machine = ["--os=linux", `--cpu=${cpu}`, "--libc=glibc"]
  npm(directory, ["ci", "--omit=dev", ...quiet, ...machine])
  const hashes = join(directory, "node_modules/@node-rs")
  const found = readdirSync(hashes, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".node"),
  )
  assert.equal(found.length, 2, `Native programs: ${found}`)
  for (const name of found) {
    assert.equal(readFileSync(join(hashes, name)).readUInt16LE(18), elf, `${name} is for another`)
  }
  return found.map((name) => name.replace(/^.*\//, "")).join(", ")
}

function makeSbom(): string {
  const text = npm(root, ["run", "--silent", "sbom"])
  writeFileSync(join(place, "sbom.json"), text)
  const { bomFormat, components } = JSON.parse(text)
  assert.equal(bomFormat, "CycloneDX")
  return `build/check/sbom.json, ${components.length} packages`
}

function checkUnit(): string {
  const words = ["security", "--offline=true", "--no-pager", unit]
  const rated = execFileSync("systemd-analyze", words, { cwd: root, encoding: "utf8" })
  return /exposure level .*: ([\d.]+)/.exec(rated)?.[0] ?? assert.fail("no rating")
}

function buildImage(): string {
  execFileSync("docker", ["build", "--quiet", "--tag", "postern:check", "."], { cwd: root })
  const words = ["run", "--rm", "--network=none", "postern:check", "--version"]
  return execFileSync("docker", words, { encoding: "utf8" }).trim()
}

function absentDocker(): string | null {
  return spawnSync("docker", ["info"]).status === 0 ? null : "no Docker engine answers"
}

function absent(program: string): string | null {
  return spawnSync(program, ["--version"]).error === undefined ? null : `${program} is not there`
}

function notRun(name: string, reason: string): Step {
  return { name, missing: () => reason, run: () => reason }
}

function npm(cwd: string, words: readonly string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })
}

function read(name: string): string {
  return readFileSync(join(root, name), "utf8")
}

rmSync(place, { recursive: true, force: true })
mkdirSync(place, { recursive: true })
process.exitCode = await runSteps(steps, (line) => process.stdout.write(`${line}\n`))
