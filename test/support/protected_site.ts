// The configurations of examples/protect/, run by the programs that they are for: one host with the
// login page and two apps, on free ports of loopback, with certificates made for the test.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { request } from "node:http"
import { connect as connectPlainly } from "node:net"
import { join } from "node:path"
import type { TestContext } from "node:test"
import { connect } from "node:tls"
import { readProjectFile } from "./page.ts"
import { freePorts, nginxFile, type ProxyProgram, startProxy } from "./proxy_programs.ts"
import { temporaryDirectory } from "./temporary_directory.ts"
import { type AppRequest, startApp } from "./told_app.ts"

/** The hosts of the examples. */
export const loginHost = "login.home.example"
/** An app whose line has no words. */
export const photosHost = "photos.home.example"
/** An app on another domain, whose line has `open=/public/ preflight bearer machine`. */
export const gitHost = "git.example.net"

/** An answer of the site. */
export interface SiteReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** A request to the site. */
export interface SiteRequest {
  readonly host: string
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Read when the connection is there, as browsers do with cookies. */
  readonly cookie?: () => string
  readonly body?: string
  /** Whether TLS is used; true unless told. */
  readonly tls?: boolean
}

/** A running proxy with two apps behind it. */
export interface ProtectedSite {
  readonly port: number
  /** What reached the apps so far. */
  readonly reached: AppRequest[]
  ask(request: SiteRequest): Promise<SiteReply>
  /** Sends bytes over TLS and gives what comes back until the proxy closes, or is silent. */
  exchange(bytes: string, servername?: string): Promise<string>
}

/** What a site may change. */
export interface SiteOptions {
  readonly program: ProxyProgram
  /** Where Postern, or what stands for it, listens. */
  readonly posternPort: number
  /** The port of the proxy; a free one unless told. */
  readonly port?: number
  /** The port of the app of `gitHost`; that of an app that only answers unless told. */
  readonly gitPort?: number
  /** Changes the texts of the configuration. */
  readonly edit?: (text: string) => string
}

const silentMillis = 700
const answerMillisMax = 20_000

/** Starts a proxy on its example. `plainPort` is the one without TLS. */
export async function startProtectedSite(
  t: Pick<TestContext, "after"> & TestContext,
  { program, posternPort, edit = (text) => text, ...options }: SiteOptions,
): Promise<ProtectedSite & { readonly plainPort: number }> {
  const directory = temporaryDirectory(t)
  const reached: AppRequest[] = []
  const [photos, git] = await Promise.all([
    startApp(t, "photos", reached),
    options.gitPort ?? startApp(t, "git", reached),
  ])
  const [free = 0, plainPort = 0] = await freePorts(2)
  const { port = free } = options
  const ports = { port, plainPort, posternPort, photos, git }
  const file = edit(configurationOf({ program, directory, edit, ...ports }))
  await startProxy(t, program, { file, directory, port })
  return {
    ...{ port, plainPort, reached },
    ask: (asked) => askSite(asked.tls === false ? plainPort : port, asked),
    exchange: (bytes, servername = photosHost) => exchange(port, { bytes, servername }),
  }
}

interface Configuration {
  readonly program: ProxyProgram
  readonly directory: string
  readonly edit: (text: string) => string
  readonly port: number
  readonly plainPort: number
  readonly posternPort: number
  readonly photos: number
  readonly git: number
}

/** The example's text, with the ports and paths of the test. */
function configurationOf({ program, directory, edit, ...ports }: Configuration): string {
  makeCertificate(directory)
  const here = (text: string) =>
    text
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${ports.posternPort}`)
      .replaceAll("127.0.0.1:9001", `127.0.0.1:${ports.photos}`)
      .replaceAll("127.0.0.1:9002", `127.0.0.1:${ports.git}`)
  const example = (name: string) => here(readProjectFile(`examples/protect/${name}`))
  if (program === "caddy") {
    const { port, plainPort } = ports
    const own = `https_port ${port}\n\thttp_port ${plainPort}\n\tdefault_bind 127.0.0.1`
    const options = `{\n\tadmin off\n\t${own}\n}\n`
    const certificate = `${directory}/certificate.pem ${directory}/key.pem`
    const sites = example("Caddyfile").replace(/^[a-z.]+ \{$/gm, `$&\n\ttls ${certificate}`)
    return `${options}${sites}`
  }
  if (program === "haproxy") {
    writeFileSync(
      join(directory, "postern.lua"),
      edit(readProjectFile("examples/protect/haproxy_postern.lua")),
    )
    return example("haproxy.cfg")
      .replace("lua-load /etc/haproxy/haproxy_postern.lua", `lua-load ${directory}/postern.lua`)
      .replace("bind :443", `bind 127.0.0.1:${ports.port}`)
      .replace("bind :80\n", `bind 127.0.0.1:${ports.plainPort}\n`)
      .replace("/etc/haproxy/certificates/", `${directory}/both.pem`)
  }
  for (const name of ["nginx_protected.conf", "nginx_headers.conf"]) {
    writeFileSync(join(directory, name), edit(inDirectory(example(name), directory)))
  }
  const site = inDirectory(example("nginx.conf"), directory)
    .replaceAll("listen 443 ssl", `listen 127.0.0.1:${ports.port} ssl`)
    // Browsers know this port as 443.
    .replace('443 "";', `${ports.port} "";`)
    .replaceAll("listen 80;", `listen 127.0.0.1:${ports.plainPort};`)
  return nginxFile(directory, site)
}

function inDirectory(text: string, directory: string): string {
  return text
    .replaceAll("/etc/nginx/postern/", `${directory}/`)
    .replace(/\/etc\/letsencrypt\S*fullchain.pem/g, `${directory}/certificate.pem`)
    .replace(/\/etc\/letsencrypt\S*privkey.pem/g, `${directory}/key.pem`)
}

/** Makes a certificate, as two files, and as one. */
export function makeCertificate(directory: string) {
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")]
  const made = spawnSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-subj", "/CN=home.example", "-keyout", key, "-out", certificate],
    ],
    { encoding: "utf8" },
  )
  assert.equal(made.status, 0, made.stderr)
  const both = [key, certificate].map((path) => readFileSync(path, "utf8"))
  writeFileSync(join(directory, "both.pem"), both.join(""))
  return { key, certificate }
}

/** Sends a request to a port of loopback. */
export async function askSite(
  port: number,
  { host, method = "GET", target = "/", headers = {}, cookie, body, tls = true }: SiteRequest,
): Promise<SiteReply> {
  const place = { port, host: "127.0.0.1" }
  const socket = tls
    ? connect({ ...place, servername: host.replace(/:\d+$/, ""), rejectUnauthorized: false })
    : connectPlainly(place)
  await once(socket, tls ? "secureConnect" : "connect")
  const cookies = cookie?.() ?? ""
  const sent = request({
    ...{ method, path: target, createConnection: () => socket },
    headers: {
      ...{ host, connection: "close", ...headers },
      ...(cookies === "" ? {} : { cookie: cookies }),
      ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    },
    signal: AbortSignal.timeout(answerMillisMax),
  })
  sent.end(body)
  return new Promise((resolve, reject) => {
    sent.once("error", reject)
    sent.once("upgrade", (reply) => {
      socket.destroy()
      resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: "" })
    })
    sent.once("response", (reply) => {
      let text = ""
      reply.setEncoding("utf8").on("data", (chunk) => {
        text += chunk
      })
      reply.once("error", reject)
      reply.once("end", () => {
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text })
      })
    })
  })
}

function exchange(
  port: number,
  { bytes, servername }: { readonly bytes: string; readonly servername: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ""
    const socket = connect({ port, host: "127.0.0.1", servername, rejectUnauthorized: false })
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text)
    }
    let timer = setTimeout(finish, 10 * silentMillis)
    socket.setEncoding("latin1").on("data", (chunk) => {
      text += chunk
      clearTimeout(timer)
      timer = setTimeout(finish, silentMillis)
    })
    socket.once("secureConnect", () => socket.write(bytes, "latin1"))
    socket.once("close", finish)
    socket.once("error", (error) => (text === "" ? reject(error) : finish()))
  })
}
