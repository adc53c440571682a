// The files of examples/deploy/: the programs that read them take them, where they are installed.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { storeLocation } from "../../src/config/store_url.ts"
import { blocksOf, readPage, readProjectFile } from "../support/page.ts"
import { freePorts } from "../support/proxy_programs.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testKeyPem } from "../support/test_keys.ts"

const page = readPage("docs/deploy.md")
const nginx = readProjectFile("examples/deploy/nginx.conf")
const replicasNginx = readProjectFile("examples/deploy/replicas_nginx.conf")
const kubernetes = readProjectFile("examples/deploy/kubernetes.yaml")
const replicasKubernetes = readProjectFile("examples/deploy/kubernetes_replicas.yaml")
const noNginx = absent("nginx", ["-v"])
const noOpenssl = absent("openssl", ["version"])

/** What nginx says against a whole configuration, on ports that are free: null for nothing. */
async function nginxRefusal(text: string, directory: string): Promise<string | null> {
  const path = join(directory, "nginx.conf")
  const ports = [...(await freePorts(2))]
  writeFileSync(
    path,
    text.replace(/(?<=^ *listen )\d+/gm, () => String(ports.pop())),
  )
  const { status, stderr } = spawnSync("nginx", ["-t", "-c", path], { encoding: "utf8" })
  return status === 0 ? null : stderr
}

/** A text as a pattern that matches it. */
function asPattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
}

function absent(program: string, words: readonly string[]): string | false {
  return spawnSync(program, words).error === undefined ? false : `${program} is not there`
}

test("deploy.md shows the lines of the files", () => {
  for (const line of (blocksOf(page, "nginx")[0] ?? "").trim().split("\n")) {
    assert.ok(nginx.includes(`    ${line}\n`), line)
  }
  for (const line of (blocksOf(page, "nginx")[1] ?? "absent").trim().split("\n")) {
    assert.match(replicasNginx, new RegExp(`^ +${asPattern(line.trim())}$`, "m"))
  }
  const caddy = blocksOf(page, "caddyfile")[0] ?? "absent"
  assert.ok(readProjectFile("examples/deploy/Caddyfile").endsWith(caddy))
})

test("nginx takes examples/deploy/nginx.conf", { skip: noNginx || noOpenssl }, async (t) => {
  const directory = temporaryDirectory(t)
  const key = join(directory, "key.pem")
  const certificate = join(directory, "certificate.pem")
  writeFileSync(key, testKeyPem)
  const request = ["req", "-x509", "-key", key, "-days", "1", "-subj", "/CN=login.example.org"]
  assert.equal(spawnSync("openssl", [...request, "-out", certificate]).status, 0)
  const site = nginx
    .replace(/^.*\[::\].*\n/gm, "")
    .replace(/\/etc\/letsencrypt\S*fullchain.pem/, certificate)
    .replace(/\/etc\/letsencrypt\S*privkey.pem/, key)
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  )
  const head = `pid ${directory}/pid;\nerror_log ${directory}/error.log;\nevents {}\n`
  const whole = `${head}http {\naccess_log off;\n${paths.join("\n")}\n${site}}\n`
  assert.equal(await nginxRefusal(whole, directory), null)
})

test("nginx takes examples/deploy/replicas_nginx.conf", { skip: noNginx }, async (t) => {
  const directory = temporaryDirectory(t)
  const here = replicasNginx.replace(/replica\d/g, "127.0.0.1").replaceAll("/tmp/", `${directory}/`)
  assert.equal(await nginxRefusal(here, directory), null)
})

test("make_secrets.sh makes the secrets once, each open to containers alone", {
  skip: noOpenssl,
}, (t) => {
  const root = temporaryDirectory(t)
  mkdirSync(join(root, "examples/deploy"), { recursive: true })
  const script = join(root, "examples/deploy/make_secrets.sh")
  copyFileSync("examples/deploy/make_secrets.sh", script)
  assert.equal(spawnSync(script, { encoding: "utf8" }).stderr, "")
  assert.deepEqual(readdirSync(root).sort(), ["examples", "secrets"])
  const secrets = join(root, "secrets")
  assert.equal(statSync(secrets).mode & 0o777, 0o700)
  const read = (name: string) => {
    assert.equal(statSync(join(secrets, name)).mode & 0o777, 0o644, name)
    return readFileSync(join(secrets, name), "utf8").trim()
  }
  const password = read("database_password")
  assert.match(password, /^[0-9a-f]{64}$/)
  assert.notEqual(read("database_admin_password"), password)
  assert.deepEqual(storeLocation(read("store")), {
    ...{ kind: "database", host: "/run/postgresql", port: 5432, database: "postern" },
    ...{ user: "postern", password, isTlsAsked: false, isPooled: false },
  })
  const secret = read("store_secret")
  assert.equal(Buffer.from(secret, "base64").length, 48)
  const again = spawnSync(script, { encoding: "utf8" })
  assert.equal(again.status, 1)
  assert.match(again.stderr, /^secrets\/ is there already/)
  assert.equal(read("store_secret"), secret)
})

test("Caddy takes examples/deploy/Caddyfile", { skip: absent("caddy", ["version"]) }, (t) => {
  const words = ["validate", "--adapter", "caddyfile", "--config", "examples/deploy/Caddyfile"]
  const env = { ...process.env, HOME: temporaryDirectory(t) }
  const { status, stderr } = spawnSync("caddy", words, { encoding: "utf8", env })
  assert.equal(status, 0, stderr)
})

const noSystemd = absent("systemd-analyze", ["--version"])

test("systemd takes examples/deploy/postern.service", { skip: noSystemd }, () => {
  const words = ["verify", "--man=no", "examples/deploy/postern.service"]
  const { stderr } = spawnSync("systemd-analyze", words, { encoding: "utf8" })
  // Node may be elsewhere on this machine: that is not the file's fault.
  const faults = stderr.split("\n").filter((line) => /postern\.service:\d+:/.test(line))
  assert.deepEqual(faults, [])
})

// The rating of other versions may differ by what they know, not by much.
test("systemd-analyze rates examples/deploy/postern.service as deploy.md says", {
  skip: noSystemd,
}, () => {
  const words = ["security", "--offline=true", "--no-pager", "examples/deploy/postern.service"]
  const { stdout } = spawnSync("systemd-analyze", words, { encoding: "utf8" })
  const exposure = Number(/exposure level for postern\.service: ([\d.]+) /.exec(stdout)?.[1])
  const promised = Number(/exposure of (\d\.\d) out of 10/.exec(page.text)?.[1])
  assert.ok(Math.abs(exposure - promised) < 0.35, `${exposure}, and deploy.md has ${promised}`)
})

test("kubernetes.yaml has one pod at a time, of the image's user, without service links", () => {
  const lines = ["replicas: 1", "type: Recreate", "fsGroup: 10001", "enableServiceLinks: false"]
  for (const line of [...lines, "runAsUser: 10001", "path: /livez", "path: /readyz"]) {
    assert.match(kubernetes, new RegExp(`^ +${line}$`, "m"))
  }
  assert.doesNotMatch(kubernetes, /\t/)
})

test("kubernetes_replicas.yaml replaces one pod at a time, and names what deploy.md explains", () => {
  const lines = ["replicas: 2", "maxUnavailable: 0", "minAvailable: 1", "emptyDir: {}"]
  const asked = [...lines, "fsGroup: 10001", "enableServiceLinks: false", "runAsUser: 10001"]
  for (const line of [...asked, "path: /livez", "path: /readyz", "readOnlyRootFilesystem: true"]) {
    assert.match(replicasKubernetes, new RegExp(`^ +${asPattern(line)}$`, "m"))
  }
  const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(replicasKubernetes)?.[1])
  const pause = Number(/command: \[sleep, "(\d+)"\]/.exec(replicasKubernetes)?.[1])
  assert.ok(grace - pause > 10, "Postern needs 8 s, and more to close")
  const mounted = [...replicasKubernetes.matchAll(/value: \/run\/secrets\/postern\/(\S+)/g)]
  assert.deepEqual(
    mounted.map(([, name]) => name),
    [...replicasKubernetes.matchAll(/--from-file=(\S+)/g)].map(([, name]) => name),
  )
  assert.doesNotMatch(replicasKubernetes, /\t|strategy:\n +type: Recreate/)
})
