// The files of examples/deploy/: the programs that read them take them, where they are installed.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { blocksOf, readPage, readProjectFile } from "../support/page.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testKeyPem } from "../support/test_keys.ts"

const page = readPage("docs/deploy.md")
const nginx = readProjectFile("examples/deploy/nginx.conf")
const kubernetes = readProjectFile("examples/deploy/kubernetes.yaml")

function absent(program: string, words: readonly string[]): string | false {
  return spawnSync(program, words).error === undefined ? false : `${program} is not there`
}

test("deploy.md shows the lines of the files", () => {
  for (const line of (blocksOf(page, "nginx")[0] ?? "").trim().split("\n")) {
    assert.ok(nginx.includes(`    ${line}\n`), line)
  }
  const caddy = blocksOf(page, "caddyfile")[0] ?? "absent"
  assert.ok(readProjectFile("examples/deploy/Caddyfile").endsWith(caddy))
})

test("nginx takes examples/deploy/nginx.conf", { skip: absent("nginx", ["-v"]) }, (t) => {
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
  const whole = join(directory, "nginx.conf")
  const head = `pid ${directory}/pid;\nerror_log ${directory}/error.log;\nevents {}\n`
  writeFileSync(whole, `${head}http {\naccess_log off;\n${paths.join("\n")}\n${site}}\n`)
  const { status, stderr } = spawnSync("nginx", ["-t", "-c", whole], { encoding: "utf8" })
  assert.equal(status, 0, stderr)
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

test("kubernetes.yaml has one pod at a time, of the image's user, without service links", () => {
  const lines = ["replicas: 1", "type: Recreate", "fsGroup: 10001", "enableServiceLinks: false"]
  for (const line of [...lines, "runAsUser: 10001", "path: /livez", "path: /readyz"]) {
    assert.match(kubernetes, new RegExp(`^ +${line}$`, "m"))
  }
  assert.doesNotMatch(kubernetes, /\t/)
})
