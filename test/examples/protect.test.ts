// The files of examples/protect/ as text, what docs/protect-a-service.md shows of them, and the
// set-up of the compose file, run without an engine: its Caddyfile, its settings, and an app.

import assert from "node:assert/strict"
import { test } from "node:test"
import { blocksOf, readPage, readProjectFile } from "../support/page.ts"
import { askSite, makeCertificate, type ProtectedSite } from "../support/protected_site.ts"
import { freePorts, noProxies, startProxy } from "../support/proxy_programs.ts"
import { openSiteBrowser, startGuard } from "../support/site_browser.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { type AppRequest, startApp } from "../support/told_app.ts"

const compose = readProjectFile("examples/protect/docker-compose.yml")
const composeCaddyfile = readProjectFile("examples/protect/compose.Caddyfile")
const page = readPage("docs/protect-a-service.md")

const shown = [
  ["nginx", ["nginx.conf", "nginx_protected.conf", "nginx_headers.conf"]],
  ["caddyfile", ["Caddyfile"]],
  ["haproxy", ["haproxy.cfg"]],
  ["yaml", ["traefik_hosts.yml", "envoy.yaml"]],
] as const

for (const [language, files] of shown) {
  test(`protect-a-service.md shows lines of ${files.join(", ")}`, () => {
    const texts = files.map((file) => readProjectFile(`examples/protect/${file}`))
    const written = new Set(texts.flatMap((text) => text.split("\n").map((line) => line.trim())))
    const lines = blocksOf(page, language).flatMap((block) => block.split("\n"))
    assert.ok(lines.length > 3)
    for (const line of lines) assert.ok(line.trim() === "" || written.has(line.trim()), line)
  })
}

test("protect-a-service.md shows the lines of protected_hosts.txt", () => {
  const lines = readProjectFile("examples/protect/protected_hosts.txt").split("\n")
  const hosts = lines.filter((line) => line !== "" && !line.startsWith("#"))
  for (const line of hosts) assert.ok(page.text.includes(`${line}\n`), line)
})

test("the compose file's Caddy asks as the other does", () => {
  const snippets = (text: string) =>
    /\(postern\) \{\n[\s\S]*?\n\}\n\n[\s\S]*?\n\}\n/.exec(text)?.[0] ?? assert.fail()
  const here = snippets(readProjectFile("examples/protect/Caddyfile"))
  assert.equal(snippets(composeCaddyfile), here.replace("127.0.0.1:8080", "postern:8080"))
})

const hardened = /^x-hardened: &hardened\n((?: .*\n)+)/m.exec(compose)?.[1] ?? ""
const services = [...compose.matchAll(/^ {2}(\w+):\n((?: {4}.*\n|\n)+)/gm)].filter(([, , text]) =>
  text?.includes("image:"),
)

test("the compose file's services are hardened, and only Caddy has a port", () => {
  for (const line of ["read_only: true", "cap_drop: [ALL]", "- no-new-privileges:true"]) {
    assert.ok(hardened.includes(line), line)
  }
  assert.deepEqual(
    services.map(([, name]) => name),
    ["caddy", "postern", "whoami"],
  )
  for (const [, name, text = ""] of services) {
    assert.match(text, /^ {4}<<: \*hardened$/m, name)
    assert.equal(text.includes("ports:"), name === "caddy", name)
    // Postern's image has a user of its own.
    if (name !== "postern") assert.match(text, /^ {4}user: "65532:65532"$/m, name)
    if (name !== "whoami") assert.match(text, /^ {6}test: \["CMD", /m, name)
  }
  assert.match(compose, /^ {6}- "127\.0\.0\.1:\$\{HTTPS_PORT:-8443\}:\$\{HTTPS_PORT:-8443\}"$/m)
  const subnet = /- subnet: (\S+)/.exec(compose)?.[1]
  assert.ok(compose.includes(`POSTERN_TRUSTED_PROXIES: ${subnet}\n`))
})

test("the compose file's set-up logs alice in", { skip: noProxies }, async (t) => {
  const [port = 0] = await freePorts(1)
  const reached: AppRequest[] = []
  const app = await startApp(t, "whoami", reached)
  const written = [...compose.matchAll(/^ {6}(POSTERN_\w+): (.*)$/gm)]
  const settings = Object.fromEntries(
    written.map(([, name = "", value = ""]) => [
      name,
      value.replace(/\$\{HTTPS_PORT:-8443\}/, `${port}`),
    ]),
  )
  const trusting = { ...settings, POSTERN_TRUSTED_PROXIES: "127.0.0.1" }
  const { port: posternPort } = await startGuard(t, trusting)
  const directory = temporaryDirectory(t)
  const { certificate, key } = makeCertificate(directory)
  const file = composeCaddyfile
    .replaceAll("tls internal", `tls ${certificate} ${key}`)
    .replace("{\n", "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n")
    .replaceAll("postern:8080", `127.0.0.1:${posternPort}`)
    .replaceAll("whoami:8000", `127.0.0.1:${app}`)
    .replaceAll("{$HTTPS_PORT}", String(port))
  await startProxy(t, "caddy", { file, directory, port })
  const ask: ProtectedSite["ask"] = (asked) => askSite(port, asked)
  const site = { port, reached, ask, exchange: () => assert.fail() }
  const browser = openSiteBrowser(site)
  const opened = await browser.open(`https://whoami.localhost:${port}/`)
  assert.equal(new URL(opened.url).host, `login.localhost:${port}`)
  const { reply } = await browser.logIn(opened.url)
  assert.equal(reply.body, "whoami answers\n")
  assert.equal(reached[0]?.headers.get("remote-user"), "alice")
})
