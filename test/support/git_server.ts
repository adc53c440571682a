// A Git server as an app behind a proxy: Git's own CGI program. It lets those push whom the proxy
// names, as Git does by itself.

import assert from "node:assert/strict"
import { execFile, spawn, spawnSync } from "node:child_process"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { temporaryDirectory } from "./temporary_directory.ts"
import { listen } from "./told_app.ts"

const { error, stdout } = spawnSync("git", ["--exec-path"], { encoding: "utf8" })
const backend = error === undefined ? join(stdout.trim(), "git-http-backend") : ""

/** Why tests with Git are skipped here, or false. */
export const noGit: string | false =
  spawnSync(backend, { env: {} }).error !== undefined && "not installed: apt-get install git"

/** A server with the empty repository `project.git`. */
export interface GitServer {
  readonly port: number
  /** By request, the user that the proxy named and the credentials that it let through. */
  readonly reached: { readonly user: string; readonly authorization: string | undefined }[]
}

/** How a program of Git ended. */
export interface GitRun {
  readonly exitCode: number
  readonly output: string
}

/** Starts the server. */
export async function startGitServer(t: TestContext): Promise<GitServer> {
  const root = temporaryDirectory(t)
  assert.equal(spawnSync("git", ["init", "--bare", join(root, "project.git")]).status, 0)
  const reached: GitServer["reached"] = []
  const server = createServer((message, reply) => {
    const user = String(message.headers["remote-user"] ?? "")
    reached.push({ user, authorization: message.headers.authorization })
    answer(message, reply, { root, user })
  })
  return { port: await listen(t, server), reached }
}

function answer(
  message: IncomingMessage,
  reply: ServerResponse,
  { root, user }: { readonly root: string; readonly user: string },
): void {
  const [path = "", query = ""] = (message.url ?? "").split("?")
  const { headers } = message
  const env: Record<string, string> = {
    ...{ GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1", PATH_INFO: path, QUERY_STRING: query },
    ...{ REQUEST_METHOD: message.method ?? "", CONTENT_TYPE: headers["content-type"] ?? "" },
    ...{ GIT_PROTOCOL: String(headers["git-protocol"] ?? ""), PATH: process.env["PATH"] ?? "" },
    ...{ HTTP_CONTENT_ENCODING: headers["content-encoding"] ?? "", REMOTE_USER: user },
  }
  const child = spawn(backend, { env, stdio: ["pipe", "pipe", "ignore"] })
  message.pipe(child.stdin)
  // The program may end before it has read all.
  child.stdin.on("error", () => {})
  const chunks: Buffer[] = []
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
  child.on("close", () => {
    const all = Buffer.concat(chunks)
    const end = all.indexOf("\r\n\r\n")
    const fields = all.toString("latin1", 0, end).split("\r\n")
    const pairs = fields.map((field) => [field.split(": ")[0] ?? "", field.replace(/^[^:]*: /, "")])
    const { Status: status = "200", ...rest } = Object.fromEntries(pairs)
    reply.writeHead(Number.parseInt(status, 10), rest)
    reply.end(all.subarray(end + 4))
  })
}

/** Runs Git, which finds a host at a port of loopback, and asks nobody for a password. */
export function runGit(
  words: readonly string[],
  {
    directory,
    host,
    port,
  }: { readonly directory: string; readonly host: string; readonly port: number },
): Promise<GitRun> {
  const settings = [
    ...["-c", `http.curloptResolve=${host}:${port}:127.0.0.1`, "-c", "http.sslVerify=false"],
    ...["-c", "credential.helper=", "-c", "user.name=Test", "-c", "user.email=test@example.org"],
    ...["-c", "init.defaultBranch=main"],
  ]
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: directory, GIT_TERMINAL_PROMPT: "0" },
    ...{ GIT_CONFIG_NOSYSTEM: "1", GIT_ASKPASS: "true" },
  }
  return new Promise((resolve) => {
    execFile("git", [...settings, ...words], { cwd: directory, env }, (failure, out, err) => {
      resolve({ exitCode: Number(failure?.code ?? 0), output: `${out}${err}` })
    })
  })
}
