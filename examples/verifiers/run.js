// Runs the script of each library that is installed beside a Postern that it starts: good tokens
// have to be taken and bad ones refused. `npm start -- NAME...` runs only these libraries, and
// VERBOSE=1 shows what each script printed.

import { spawn } from "node:child_process"
import { createSecretKey, generateKeyPairSync, randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { forgeTokens } from "./forged_tokens.js"

const here = fileURLToPath(new URL(".", import.meta.url))
const root = join(here, "../..")
const wanted = process.argv.slice(2)
const libraries = JSON.parse(readFileSync(join(here, "libraries.json"), "utf8")).filter(
  ({ library }) => wanted.length === 0 || wanted.includes(library),
)
const secret = randomBytes(48).toString("base64")
const data = mkdtempSync(join(tmpdir(), "postern-verifiers-"))
const services = []

try {
  await runAll()
} finally {
  for (const child of services) child.kill()
  await Promise.all(services.map((child) => child.exitCode ?? once(child, "exit")))
  rmSync(data, { recursive: true })
}

async function runAll() {
  const ecKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey
  const edKey = generateKeyPairSync("ed25519").privateKey
  const es256 = await startPostern("ES256", ecKey)
  const eddsa = await startPostern("EdDSA", edKey)
  const shared = await startPostern("HS256", createSecretKey(secret, "utf8"))
  const leftOut = []
  for (const row of libraries) {
    const deployment = row.shared ? shared : es256
    const reason = await whyNotInstalled(row, deployment)
    if (reason !== null) {
      leftOut.push(`${row.library} (${reason})`)
      continue
    }
    const wrong = await judge(row, deployment)
    if (!row.shared) {
      const taken = (await judge(row, eddsa)).length === 0
      if (taken !== row.eddsa) wrong.push(`EdDSA is ${taken ? "taken" : "refused"}`)
    }
    if (wrong.length > 0) process.exitCode = 1
    console.log(wrong.length === 0 ? `ok      ${row.library}` : `FAILED  ${row.library}: ${wrong}`)
  }
  const runs = libraries.length - leftOut.length
  console.log(`${runs} of ${libraries.length} run; left out: ${leftOut.join(", ") || "none"}`)
}

/** Starts a service that signs with this key, and makes good and bad tokens. */
async function startPostern(algorithm, key) {
  const issuer = await serve({
    POSTERN_PORT: "0",
    POSTERN_DATA_DIR: join(data, algorithm),
    POSTERN_SEED_USERS: "alice:wonderland",
    JWT_ALGORITHM: algorithm,
    ...(key.type === "secret"
      ? { JWT_SECRET_KEY: secret }
      : { JWT_PRIVATE_KEY: key.export({ type: "pkcs8", format: "pem" }) }),
  })
  const [token, ended] = [await logIn(issuer), await logIn(issuer)]
  await fetch(`${issuer}/logout`, { method: "POST", headers: { Authorization: `Bearer ${ended}` } })
  const tokens = [
    { name: "the token of a login", good: () => true, token },
    { name: "a session that ended", good: ({ revocations }) => !revocations, token: ended },
    ...forgeTokens(token, key),
  ]
  return { issuer, algorithm, tokens }
}

/** Starts a service and gives its issuer. */
async function serve(settings) {
  const env = { PATH: process.env.PATH, ...settings }
  const child = spawn(process.execPath, ["bin/postern.js", "serve"], { cwd: root, env })
  services.push(child)
  let output = ""
  const port = await new Promise((resolve, reject) => {
    const take = (chunk) => {
      output += chunk
      const found = /"service.ready","url":"[^"]*:(\d+)"/.exec(output)
      if (found !== null) resolve(found[1])
    }
    child.stdout.on("data", take)
    child.stderr.on("data", take)
    child.once("exit", () => reject(new Error(`Postern did not start:\n${output}`)))
  })
  return `http://localhost:${port}`
}

async function logIn(issuer) {
  const response = await fetch(`${issuer}/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ username: "alice", password: "wonderland" }),
  })
  return (await response.json()).access_token
}

/** Null if the script runs without tokens; otherwise the line that says what it lacks. */
async function whyNotInstalled({ command }, { issuer, algorithm }) {
  const { exitCode, stderr } = await run([...command, issuer, algorithm])
  if (exitCode === 0) return null
  const lines = stderr.trim().split("\n")
  return (lines.find((line) => /error|not installed/i.test(line)) ?? lines.at(-1)).slice(0, 100)
}

/** Gives the tokens about which a script is wrong, with what it printed. */
async function judge(row, { issuer, algorithm, tokens }) {
  const texts = tokens.map(({ token }) => token)
  const { stdout, stderr } = await run([...row.command, issuer, algorithm, ...texts])
  const lines = stdout.trim().split("\n")
  if (process.env.VERBOSE) console.log(stderr)
  const wrong = tokens.flatMap(({ name, good }, at) => {
    const line = lines[at] ?? "nothing"
    if (process.env.VERBOSE) console.log(`  ${name}: ${line}`)
    const isRight = good(row) ? line === "OK alice" : line.startsWith("refused")
    return isRight ? [] : [`${name}: ${line}`]
  })
  const rest = lines.slice(tokens.length).join()
  return rest === (row.prints ?? []).join() ? wrong : [...wrong, `then: ${rest || "nothing"}`]
}

async function run([program, ...words]) {
  const command = program === "node" ? [process.execPath, "--import", "tsx"] : [program]
  const env = { ...process.env, JWT_SECRET_KEY: secret }
  const child = spawn(command[0], [...command.slice(1), ...words], { cwd: here, env })
  const output = { exitCode: 127, stdout: "", stderr: "" }
  child.stdout.on("data", (chunk) => (output.stdout += chunk))
  child.stderr.on("data", (chunk) => (output.stderr += chunk))
  try {
    const [exitCode] = await once(child, "close")
    return { ...output, exitCode }
  } catch (error) {
    return { ...output, stderr: `${program} is not installed: ${error.code}` }
  }
}
