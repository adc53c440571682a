// postern doctor and hosts that need a login: behind nginx and Caddy as they should be, and with
// one thing broken at a time.

import assert from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { freePorts, nginxFile, noProxies, startProxy } from "../../support/proxy_programs.ts"
import { temporaryDirectory } from "../../support/temporary_directory.ts"
import { type GateRow, gateRows } from "./gate_rows.ts"
import { complaints, type Printed, startWorld, type World } from "./proxied.ts"

interface Places {
  readonly port: number
  readonly plainPort: number
  readonly app: number
}

function nginxServers({ certificate, key, postern }: World, { port, plainPort, app }: Places) {
  const tls = `ssl_certificate ${certificate}; ssl_certificate_key ${key};`
  const forward = "proxy_set_header X-Forwarded-For $remote_addr;"
  return `upstream postern { server 127.0.0.1:${postern.port}; keepalive 16; }
server { listen 127.0.0.1:${plainPort}; server_name login.example.org photos.example.org;
  return 301 https://$host$request_uri; }
server { listen 127.0.0.1:${port} ssl; server_name login.example.org; ${tls}
  location / { proxy_pass http://postern; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; ${forward} proxy_read_timeout 30s;
    proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k; } }
server { listen 127.0.0.1:${port} ssl; server_name photos.example.org; ${tls}
  large_client_header_buffers 4 16k;
  location = /_postern { internal; proxy_pass http://postern/verify/nginx;
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_pass_request_body off; proxy_set_header Content-Length "";
    proxy_set_header Host $host; ${forward}
    proxy_set_header X-Forwarded-Method $request_method;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Uri $request_uri;
    proxy_buffer_size 16k; proxy_buffers 8 16k; proxy_busy_buffers_size 32k; }
  location / { auth_request /_postern;
    auth_request_set $p_location $upstream_http_location;
    auth_request_set $p_cookie $upstream_http_set_cookie;
    error_page 401 = @p401;
    proxy_pass http://127.0.0.1:${app}; }
  location @p401 { if ($p_location = "") { return 401; }
    add_header Set-Cookie $p_cookie always; return 302 $p_location; } }
`
}

function caddyFile({ certificate, key, postern }: World, { port, plainPort, app }: Places): string {
  const upstream = `127.0.0.1:${postern.port}`
  const site = (name: string) => `https://${name}.example.org:${port} {
	bind 127.0.0.1
	tls ${certificate} ${key}`
  return `{
	admin off
	auto_https disable_redirects
	skip_install_trust
}
${site("login")}
	reverse_proxy ${upstream}
}
${site("photos")}
	route {
		forward_auth ${upstream} {
			uri /verify/proxy?
		}
		reverse_proxy 127.0.0.1:${app}
	}
}
http://login.example.org:${plainPort}, http://photos.example.org:${plainPort} {
	bind 127.0.0.1
	redir https://{host}{uri}
}
`
}

async function startApp(t: TestContext): Promise<number> {
  const server = createServer((_request, response) => response.end("photos"))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

async function askThrough(
  t: TestContext,
  world: World,
  { program, edits }: GateRow,
): Promise<Printed> {
  const [port = 0, plainPort = 0] = await freePorts(2)
  const places = { port, plainPort, app: await startApp(t) }
  const directory = join(temporaryDirectory(t), program)
  let file =
    program === "nginx"
      ? nginxFile(directory, nginxServers(world, places))
      : caddyFile(world, places)
  for (const [from, to] of edits) {
    const edited = file.replace(from, () => to.replace("PLAIN", `${plainPort}`))
    assert.notEqual(edited, file, String(from))
    file = edited
  }
  await startProxy(t, program, { directory, port, file })
  return world.doctor({ ports: { 443: port, 80: plainPort } })
}

test("doctor: protected hosts, as they should be and with one thing broken at a time", {
  skip: noProxies,
  concurrency: 8,
}, async (t) => {
  // A proxy for each row, in front of one service where the settings are the same.
  const worlds = new Map<string, Promise<World>>()
  const worldOf = ({ settings = {} }: GateRow) => {
    const key = JSON.stringify(settings)
    const all = { POSTERN_PROTECT: "photos.example.org", ...settings }
    const world = worlds.get(key) ?? startWorld(t, all)
    worlds.set(key, world)
    return world
  }
  const rows = gateRows.map((row) =>
    t.test(`${row.program}: ${row.name}`, async (each) => {
      const printed = await askThrough(each as TestContext, await worldOf(row), row)
      const lines = complaints(printed)
      assert.equal(lines.length, row.says.length, lines.join("\n"))
      for (const [at, pattern] of row.says.entries()) assert.match(lines[at] ?? "", pattern)
      const isWrong = lines.some((line) => line.startsWith("wrong"))
      assert.equal(printed.exitCode, isWrong ? 1 : 0)
    }),
  )
  await Promise.all(rows)
})
