// postern doctor through nginx: all is well with a working file, and each file with one thing
// broken gives its finding and no other.

import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { freePorts, nginxFile, noProxies, startProxy } from "../../support/proxy_programs.ts"
import { nginxAnswerRows } from "./nginx_answer_rows.ts"
import { type BrokenRow, nginxRows } from "./nginx_rows.ts"
import { complaints, type Printed, startWorld, type Ways, type World } from "./proxied.ts"

/** How many doctors ask at a time: the service answers eight of them. */
const atATime = 8

function workingServers(
  { certificate, key, postern }: World,
  { upstream, port, plainPort }: { upstream: string; port: number; plainPort: number },
): string {
  return `upstream ${upstream} { server 127.0.0.1:${postern.port}; keepalive 16; }
server { listen 127.0.0.1:${plainPort}; return 301 https://$host$request_uri; }
server {
  listen 127.0.0.1:${port} ssl; server_name login.example.org;
  ssl_certificate ${certificate}; ssl_certificate_key ${key};
  client_max_body_size 16k;
  location / { proxy_pass http://${upstream};
    proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
    proxy_read_timeout 30s; }
}
`
}

/** One nginx with the servers of all rows. Gives the ways to each of them. */
async function startRows(t: TestContext, world: World, rows: readonly BrokenRow[]) {
  const directory = join(world.directory, "nginx")
  const ways: Ways[] = []
  let servers = ""
  const ports = await freePorts(2 * rows.length)
  for (const [at, { name, edits }] of rows.entries()) {
    const [port = 0, plainPort = 0] = ports.slice(2 * at)
    ways.push({ ports: { 443: port, 80: plainPort } })
    let text = workingServers(world, { upstream: "postern", port, plainPort })
    for (const [from, to] of edits) {
      const edited = text.replace(from, () => to)
      assert.notEqual(edited, text, `${name}: ${from}`)
      text = edited
    }
    servers += text
      .replaceAll("DIRECTORY", directory)
      .replace("upstream postern ", `upstream postern${port} `)
      .replace(/(proxy_pass https?:\/\/)postern/g, `$1postern${port}`)
  }
  const port = ways[0]?.ports[443] ?? 0
  await startProxy(t, "nginx", { directory, port, file: nginxFile(directory, servers) })
  writeFileSync(join(directory, "users"), "")
  return ways
}

async function askRows(t: TestContext, rows: readonly BrokenRow[]) {
  const world = await startWorld(t)
  const ways = await startRows(t, world, rows)
  const all = rows.map((row, at) => ({ row, way: ways[at] }))
  const queue = all.filter(({ row }) => !row.isAlone)
  const said = new Map<string, Printed>()
  const askInTurn = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      said.set(next.row.name, await world.doctor(next.way ?? { ports: {} }))
    }
  }
  await Promise.all(Array.from({ length: atATime }, askInTurn))
  queue.push(...all.filter(({ row }) => row.isAlone))
  await askInTurn()
  return said
}

const working: BrokenRow = { name: "all is well", edits: [], says: [] }
const rows = [working, ...nginxRows, ...nginxAnswerRows]

test("doctor: nginx, as it should be and with one thing broken at a time", {
  skip: noProxies,
}, async (t) => {
  const half = Math.ceil(rows.length / 2)
  const halves = [rows.slice(0, half), rows.slice(half)]
  const said = await Promise.all(halves.map((some) => askRows(t, some)))
  for (const { name, says } of rows) {
    await t.test(name, () => {
      const printed = said.find((some) => some.has(name))?.get(name) ?? assert.fail(name)
      const lines = complaints(printed)
      assert.equal(lines.length, says.length, lines.join("\n"))
      for (const [at, pattern] of says.entries()) assert.match(lines[at] ?? "", pattern)
      const isWrong = lines.some((line) => line.startsWith("wrong"))
      assert.equal(printed.exitCode, isWrong ? 1 : 0)
    })
  }
})
