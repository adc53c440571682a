// The container, as text: what the CIS Docker Benchmark and OWASP ask of an image and of a compose
// file, as far as it stands there.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { test } from "node:test"

const dockerfile = readProjectFile("Dockerfile")
const finalStage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "))
const compose = readProjectFile("docker-compose.yml")
const command = readProjectFile("bin/postern-in-image.sh")

type Rows = readonly (readonly [what: string, text: string, pattern: RegExp])[]

const asked: Rows = [
  ["D-01 a user by number, not root", finalStage, /^USER [1-9]\d*:[1-9]\d*$/m],
  ["D-01 nothing set-user-id", finalStage, /find \/ -xdev -type f -perm \/6000 -exec chmod ug-s/],
  ["D-01 no package manager", finalStage, /rm -rf \/usr\/local\/lib\/node_modules .*npm/],
  [
    "D-03 a health check without a shell",
    finalStage,
    /^HEALTHCHECK .*CMD \["postern", "healthcheck"\]$/m,
  ],
  ["D-03 process 1 is told of signals", finalStage, /^ENTRYPOINT \["postern"\]\nCMD \["serve"\]$/m],
  ["D-03 process 1 is Node itself", command, /^exec node \\$/m],
  ["D-03 no privileged port", finalStage, /^EXPOSE [1-9]\d{3,4}$/m],
  ["D-05 a volume of its own, 0700", finalStage, /install -d -m 0700 -o 10001 -g 10001 \/data/],
  ["D-05 a volume for the data", finalStage, /^VOLUME \["\/data"\]$/m],
  ["Node's permission model", command, /^ {2}--permission \\$/m],
  ["O-06 what the lock says, without scripts", dockerfile, /npm ci --ignore-scripts/],
  ["D-02 a root file system to read", compose, /^ {4}read_only: true$/m],
  ["D-02 no capabilities", compose, /^ {4}cap_drop: \[ALL\]$/m],
  ["D-02 no new privileges", compose, /^ {4}security_opt:\n {6}- no-new-privileges:true$/m],
  ["D-02 bounded memory", compose, /^ {4}mem_limit: \d+m$/m],
  ["D-02 bounded processes", compose, /^ {4}pids_limit: \d+$/m],
  ["D-02 a share of the processor", compose, /^ {4}cpu_shares: \d+$/m],
  ["S-20 no core dump", compose, /^ {4}ulimits:\n {6}core: 0$/m],
  ["bounded logs", compose, /^ {6}options:\n {8}max-size: \d+m\n {8}max-file: "\d+"$/m],
  [
    "D-06 a port for this machine only",
    compose,
    /^ {4}ports:\n {6}- "127\.0\.0\.1:\$\{PUBLISHED_PORT:-8080\}:8080"\n {4}#/m,
  ],
  ["D-06 it comes back", compose, /^ {4}restart: unless-stopped$/m],
]

const absent: Rows = [
  ["D-04 ADD", dockerfile, /^ADD\b/m],
  ["D-04 a build argument", dockerfile, /^ARG\b/m],
  ["D-04 all files", dockerfile, /^COPY \.( |$)/m],
  ["D-04 a secret in a variable", dockerfile, /^ENV .*(SECRET|PASSWORD|KEY|SEED)/m],
  ["a shell's form", dockerfile, /^(CMD|ENTRYPOINT|HEALTHCHECK .*CMD) [^[\n]*$/m],
  ["a way in from outside", dockerfile, /\b(sudo|sshd|openssh|inspect)\b/],
  ["a tool that fetches", finalStage, /\b(curl|wget|apt-get|npm (ci|install))\b/],
  ["the engine's socket", compose, /docker\.sock/],
  [
    "the machine's namespaces",
    compose,
    /\b(network_mode|pid|ipc|uts|userns_mode|privileged|devices):/,
  ],
  ["a directory of the machine's", compose, /^ {6}- [./~]\S*:/m],
  ["a capability", compose, /cap_add/],
  ["a secret's value", compose, /^ {6}JWT_(SECRET|PRIVATE)_KEY: (?!\$\{JWT_\w+:-\}$)/m],
  [
    "a permission more than needed",
    command,
    /--allow-(?!addons|net|fs-read=\/(app|data|run\/secrets|usr\/bin\/ldd|proc\/sys\/kernel\/random\/boot_id) |fs-write=\/data )/,
  ],
  ["the inspector", command, /--inspect/],
]

for (const [what, text, pattern] of asked) {
  test(`container: has ${what}`, () => assert.match(text, pattern))
}

for (const [what, text, pattern] of absent) {
  test(`container: lacks ${what}`, () => assert.doesNotMatch(text, pattern))
}

test("container: D-04 what is built from is named, everything else stays outside", () => {
  const lines = readProjectFile(".dockerignore").trim().split("\n")
  assert.deepEqual(lines, [
    "*",
    "!package.json",
    "!package-lock.json",
    "!tsconfig.json",
    "!src",
    "!bin",
  ])
})

function readProjectFile(name: string): string {
  return readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
}
