// postern doctor through Caddy and HAProxy: as they should be, and with one thing broken at a time.

import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { freePorts, noProxies, startProxy } from "../../support/proxy_programs.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { complaints, type Printed, startWorld, type World } from "./proxied.ts"
import { type ProxyRow, proxyRows } from "./proxy_rows.ts"

function caddyFile({ certificate, key, postern }: World, port: number): string {
  return `{
	admin off
	auto_https disable_redirects
	skip_install_trust
}
https://login.example.org:${port} {
	bind 127.0.0.1
	tls ${certificate} ${key}
	# in the site
	reverse_proxy 127.0.0.1:${postern.port} {
		# in reverse_proxy
	}
}
`
}

function haproxyFile({ certificate, key, directory, postern }: World, port: number): string {
  const both = join(directory, "both.pem")
  writeFileSync(both, `${readFileSync(certificate)}${readFileSync(key)}`)
  return `defaults
 mode http
 timeout connect 2s
 timeout client 30s
 timeout server 30s
frontend web
 bind 127.0.0.1:${port} ssl crt ${both}
 http-request set-header X-Forwarded-For %[src]
 # in the frontend
 default_backend postern
backend postern
 server postern 127.0.0.1:${postern.port} # on the server
`
}

async function askThrough(
  t: TestContext,
  world: World,
  { program, edits }: ProxyRow,
): Promise<Printed> {
  const [port = 0] = await freePorts(1)
  let file = (program === "caddy" ? caddyFile : haproxyFile)(world, port)
  for (const [from, to] of edits) {
    const edited = file.replace(from, () => to)
    assert.notEqual(edited, file, String(from))
    file = edited
  }
  await startProxy(t, program, { directory: join(temporaryDirectory(t), program), port, file })
  // Nobody listens for http.
  return world.doctor({ ports: { 443: port, 80: 9 } })
}

test("doctor: Caddy and HAProxy, as they should be and with one thing broken at a time", {
  skip: noProxies,
  concurrency: 8,
}, async (t) => {
  // A proxy for each row, in front of one service where that goes.
  const shared = await startWorld(t)
  const rows = proxyRows.map((row) =>
    t.test(`${row.program}: ${row.name}`, async (each) => {
      const context = each as TestContext
      const world = row.isAlone ? await startWorld(context) : shared
      const printed = await askThrough(context, world, row)
      const lines = complaints(printed)
      assert.equal(lines.length, row.says.length, lines.join("\n"))
      for (const [at, pattern] of row.says.entries()) assert.match(lines[at] ?? "", pattern)
      assert.equal(printed.exitCode, lines.some((line) => line.startsWith("wrong")) ? 1 : 0)
    }),
  )
  await Promise.all(rows)
})
