// What is installed (O-06, S-22): exactly what the lock says, by its hash, and nothing of it runs a
// script of its own.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { test } from "node:test"
import { fileURLToPath } from "node:url"

type Names = Readonly<Record<string, string>>

interface Manifest {
  readonly dependencies: Names
  readonly devDependencies: Names
}

interface LockEntry {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly link?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly dev?: boolean
  readonly optional?: boolean
  readonly hasInstallScript?: boolean
}

const root = new URL("..", import.meta.url)
const manifest: Manifest = JSON.parse(readProjectFile("package.json"))
const lock = JSON.parse(readProjectFile("package-lock.json")) as {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, LockEntry>>
}
const { "": own, ...entries } = lock.packages
const exact = /^\d+\.\d+\.\d+$/

test("supply chain: package.json names exact versions, and the lock the same", () => {
  const { dependencies, devDependencies } = manifest
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    assert.match(version, exact, name)
    assert.equal(entries[`node_modules/${name}`]?.version, version, name)
  }
  assert.deepEqual(own, { ...own, dependencies, devDependencies })
  assert.equal(lock.lockfileVersion, 3)
})

test("supply chain: the lock has the hash of everything, and no place to get it from", () => {
  for (const [name, { version, integrity, resolved, link }] of Object.entries(entries)) {
    assert.match(version, exact, name)
    assert.match(integrity ?? "", /^sha512-[\w+/]{86}==$/, name)
    assert.deepEqual([resolved, link], [undefined, undefined], name)
  }
})

test("supply chain: this is all that a clone runs on", () => {
  const needed = Object.entries(entries).filter(([, { dev }]) => !dev)
  const names = needed.map(([path]) => path.replace("node_modules/", ""))
  const ofAnyMachine = names.filter(
    (name) => !/^@(node-rs\/(?:argon2|bcrypt)|esbuild)[/-]/.test(name),
  )
  const ofDatabase = [
    ...["pg", "pg-cloudflare", "pg-connection-string", "pg-int8", "pg-pool", "pg-protocol"],
    ...["pg-types", "pgpass", "postgres-array", "postgres-bytea", "postgres-date"],
    ...["postgres-interval", "split2", "xtend"],
  ]
  const ofPasskeys = [
    ...["@hexagon/base64", "@levischuck/tiny-cbor", "@simplewebauthn/server", "asn1js"],
    ...["pvtsutils", "pvutils", "reflect-metadata", "tslib", "tsyringe"],
    "tsyringe/node_modules/tslib",
    ...["android", "asym-key", "cms", "csr", "ecc", "pfx", "pkcs8", "pkcs9", "rsa", "schema"].map(
      (part) => `@peculiar/asn1-${part}`,
    ),
    ...["@peculiar/asn1-x509", "@peculiar/asn1-x509-attr", "@peculiar/asn1-x509-post-quantum"],
    ...["@peculiar/utils", "@peculiar/x509"],
  ]
  const ofBackups = [
    ...["age-encryption", "@noble/ciphers", "@noble/curves", "@noble/hashes"],
    ...["@noble/post-quantum", "@scure/base"],
    ...["curves", "hashes"].map((name) => `@noble/post-quantum/node_modules/@noble/${name}`),
  ]
  const known = [
    ...["@node-rs/argon2", "@node-rs/bcrypt", "esbuild", "jose", "uqr"],
    ...[...ofDatabase, ...ofPasskeys, ...ofBackups],
  ]
  assert.deepEqual(ofAnyMachine.sort(), known.sort())
})

// Of the password hash the whole package is there, and esbuild stays outside.
test("supply chain: the image has the license of each package that is in its bundles", () => {
  const copied = [...readProjectFile("Dockerfile").matchAll(/ node_modules\/([\w@*./-]+)/g)].map(
    ([, path = ""]) => new RegExp(`^${path.replace("/LICENSE.md", "").replace("*", "[^/]*")}$`),
  )
  const bundled = Object.entries(entries)
    .filter(([, { dev }]) => !dev)
    .map(([path]) => path.replace("node_modules/", ""))
    .filter((name) => !/^@(node-rs|esbuild)\/|^esbuild$/.test(name))
  const without = bundled.filter((name) => !copied.some((pattern) => pattern.test(name)))
  // Another version of one that is copied, under the same license.
  assert.deepEqual(without.sort(), [
    "@noble/post-quantum/node_modules/@noble/curves",
    "@noble/post-quantum/node_modules/@noble/hashes",
    "tsyringe/node_modules/tslib",
  ])
})

test("supply chain: the lock has the binaries of an image for amd64 and for arm64", () => {
  for (const name of ["@node-rs/argon2", "@node-rs/bcrypt"]) {
    for (const cpu of ["x64", "arm64"]) {
      const entry = entries[`node_modules/${name}-linux-${cpu}-gnu`]
      assert.equal(entry?.version, manifest.dependencies[name])
      assert.deepEqual([entry?.os, entry?.cpu, entry?.libc], [["linux"], [cpu], ["glibc"]])
    }
  }
  for (const cpu of ["x64", "arm64"]) assert.ok(entries[`node_modules/@esbuild/linux-${cpu}`], cpu)
  // What the machine is, `npm ci` finds out.
  assert.doesNotMatch(readProjectFile("Dockerfile"), /--platform|amd64|arm64|x86_64|aarch64/)
})

// What esbuild's script does is a check, and a repair where optional packages were left out.
test("supply chain: nothing needs an install script", () => {
  const withScript = Object.entries(entries).filter(([, entry]) => entry.hasInstallScript)
  assert.deepEqual(
    withScript.map(([path]) => path),
    ["node_modules/esbuild"],
  )
  assert.match(readProjectFile(".npmrc"), /^ignore-scripts=true$/m)
})

test("supply chain: no file that npm reads names a registry or holds a token", () => {
  for (const name of ["package.json", "package-lock.json", ".npmrc", "Dockerfile", ".ci/run"]) {
    assert.doesNotMatch(
      readProjectFile(name),
      /(^|:)registry|registry\.|_auth|"resolved"|git\+|\.tgz/m,
      name,
    )
  }
})

test("supply chain: builds and tests use the versions of the lock file", () => {
  assert.match(readProjectFile("Dockerfile"), /RUN npm ci --ignore-scripts /)
  assert.match(readProjectFile(".ci/run"), /^npm ci\nnpm test$/m)
  assert.doesNotMatch(
    `${readProjectFile("Dockerfile")}${readProjectFile(".ci/run")}`,
    /npm install/,
  )
})

const noNpm = spawnSync("npm", ["--version"]).status === 0 ? false : "npm is not there"

test("supply chain: npm run sbom lists every package of the lock", { skip: noNpm }, () => {
  const cwd = fileURLToPath(root)
  const { stdout } = spawnSync("npm", ["run", "--silent", "sbom"], { cwd, encoding: "utf8" })
  const { bomFormat, components } = JSON.parse(stdout) as {
    readonly bomFormat: string
    readonly components: readonly { readonly purl: string }[]
  }
  assert.equal(bomFormat, "CycloneDX")
  const listed = new Set(components.map(({ purl }) => decodeURIComponent(purl)))
  for (const [path, { version }] of Object.entries(entries)) {
    const name = path.replace(/^.*node_modules\//, "")
    assert.ok(listed.has(`pkg:npm/${name}@${version}`), path)
  }
})

function readProjectFile(name: string): string {
  return readFileSync(new URL(name, root), "utf8")
}
