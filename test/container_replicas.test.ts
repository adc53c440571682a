// docker-compose.replicas.yml and what it mounts, as text: hardened like the other compose file, a
// database that only replicas reach, and ports, names and secrets that fit each other.

import assert from "node:assert/strict"
import { test } from "node:test"
import { readProjectFile } from "./support/page.ts"

const compose = readProjectFile("docker-compose.replicas.yml")
const nginx = readProjectFile("examples/deploy/replicas_nginx.conf")
const databaseSql = readProjectFile("examples/deploy/replicas_database.sql")
const makeSecrets = readProjectFile("examples/deploy/make_secrets.sh")

/** The blocks below a key, by their names. */
function blocksBelow(key: string): Readonly<Record<string, string>> {
  const [, below = ""] = new RegExp(`^${key}:\\n((?: .*\\n|\\n)+)`, "m").exec(compose) ?? []
  const blocks = below.matchAll(/^ {2}([\w-]+):\n((?: {3}.*\n|\n)*)/gm)
  return Object.fromEntries([...blocks].map(([, name = "", text = ""]) => [name, text]))
}

const services = blocksBelow("services")
const { database = "", nginx: proxy = "", replica1 = "", replica2 = "" } = services
const hardened = /^x-hardened: &hardened\n((?: .*\n)+)/m.exec(compose)?.[1] ?? ""
const replica = /^x-replica: &replica\n((?: .*\n)+)/m.exec(compose)?.[1] ?? ""
const settings = /^x-settings: &settings\n((?: .*\n)+)/m.exec(compose)?.[1] ?? ""

type Rows = readonly (readonly [what: string, text: string, pattern: RegExp])[]

const asked: Rows = [
  ["D-02 a root file system to read", hardened, /^ {2}read_only: true$/m],
  ["D-02 no capabilities", hardened, /^ {2}cap_drop: \[ALL\]$/m],
  ["D-02 no new privileges", hardened, /^ {2}security_opt:\n {4}- no-new-privileges:true$/m],
  ["D-02 bounded processes", hardened, /^ {2}pids_limit: \d+$/m],
  ["D-02 a share of the processor", hardened, /^ {2}cpu_shares: \d+$/m],
  ["S-20 no core dump", hardened, /^ {2}ulimits:\n {4}core: 0$/m],
  ["bounded logs", hardened, /^ {4}options:\n {6}max-size: \d+m\n {6}max-file: "\d+"$/m],
  ["D-06 it comes back", hardened, /^ {2}restart: unless-stopped$/m],
  ["hardened replicas", replica, /^ {2}<<: \*hardened$/m],
  ["D-02 bounded memory of replicas", replica, /^ {2}mem_limit: \d+m$/m],
  ["D-03 a health check of replicas", replica, /^ {4}test: \["CMD", "postern", "healthcheck"\]$/m],
  ["a directory of its own for each replica", replica, /^ {4}- \/data:mode=0700,uid=10001,gid/m],
  ["the database before replicas", replica, /^ {4}database:\n {6}condition: service_healthy$/m],
  ["a first replica", replica1, /^ {4}<<: \*replica$/m],
  ["a second replica", replica2, /^ {4}<<: \*replica$/m],
  ["D-01 a database that is not root", database, /^ {4}user: "[1-9]\d*:[1-9]\d*"$/m],
  ["a database without a network", database, /^ {4}network_mode: none$/m],
  ["passwords at every way into the database", database, /--auth=scram-sha-256/],
  ["D-01 an nginx that is not root", proxy, /^ {4}user: "[1-9]\d*:[1-9]\d*"$/m],
  [
    "replicas before nginx",
    proxy,
    /^ {6}replica1:\n {8}condition: service_healthy\n {6}replica2:\n {8}condition: service_healthy$/m,
  ],
  [
    "D-06 a port for this machine only",
    proxy,
    /^ {4}ports:\n {6}- "127\.0\.0\.1:\$\{PUBLISHED_PORT:-8080\}:8080"\n {4}n/m,
  ],
  ["replicas without a way out", compose, /^ {2}replicas:\n {4}internal: true$/m],
  [
    "a role that is no superuser",
    databaseSql,
    /^create role postern login password :'password';$/m,
  ],
  [
    "a database for that role only",
    databaseSql,
    /^revoke connect on database postern from public;$/m,
  ],
]

const absent: Rows = [
  ["the engine's socket", compose, /docker\.sock/],
  ["the machine's namespaces", compose, /\b(pid|ipc|uts|userns_mode|privileged|devices):/],
  ["another network than its own", compose, /network_mode: (?!none$)/m],
  ["a directory of the machine's", compose, /^ {6}- [./~]\S*:/m],
  ["a capability", compose, /cap_add/],
  ["a secret's value", compose, /(SECRET|PASSWORD|STORE|KEY): /],
  ["a port of the database's or a replica's", `${database}${replica}${replica1}`, /\bports:/],
  ["a login that is sent twice", nginx, /proxy_next_upstream (?!error timeout;$)/m],
]

for (const [what, text, pattern] of asked) {
  test(`replicas: have ${what}`, () => assert.match(text, pattern))
}

for (const [what, text, pattern] of absent) {
  test(`replicas: lack ${what}`, () => assert.doesNotMatch(text, pattern))
}

test("replicas: each service is hardened, has a health check and bounded memory", () => {
  assert.deepEqual(Object.keys(services), ["database", "replica1", "replica2", "nginx"])
  for (const [name, text] of Object.entries(services)) {
    if (/^ {4}<<: \*replica$/m.test(text)) continue
    assert.match(text, /^ {4}<<: \*hardened$/m, name)
    assert.match(text, /^ {4}healthcheck:\n {6}test: \["CMD", /m, name)
    assert.match(text, /^ {4}mem_limit: \d+m$/m, name)
  }
})

test("replicas: nginx asks each of them at its own port", () => {
  const ports = [replica1, replica2].map((text) => /POSTERN_PORT: (\d+)/.exec(text)?.[1])
  assert.equal(new Set([...ports, "8080", "5432"]).size, 4)
  const servers = [...nginx.matchAll(/^ +server (replica\d:\d+) max_fails/gm)]
  assert.deepEqual(
    servers.map(([, name]) => name),
    ports.map((port, index) => `replica${index + 1}:${port}`),
  )
})

test("replicas: the secrets are made, and mounted where the settings look for them", () => {
  const names = Object.keys(blocksBelow("secrets"))
  assert.deepEqual(
    names.sort(),
    [...makeSecrets.matchAll(/\$made\/(\w+)"/g)].map(([, n]) => n).sort(),
  )
  const read = [...`${settings}${database}${databaseSql}`.matchAll(/\/run\/secrets\/(\w+)/g)]
  assert.deepEqual(read.map(([, name]) => name).sort(), names)
  assert.match(replica, /^ {2}secrets: \[store, store_secret\]$/m)
  assert.match(readProjectFile(".gitignore"), /^secrets\/$/m)
})

test("replicas: the proxies that they trust are their networks", () => {
  assert.match(settings, /POSTERN_TRUSTED_PROXIES: 127\.0\.0\.1,10\.251\.83\.0\/27$/m)
  const subnets = [...compose.matchAll(/subnet: (\S+)/g)].map(([, subnet]) => subnet)
  assert.deepEqual(subnets, ["10.251.83.0/28", "10.251.83.16/28"])
})
