// The npm package as a tarball: what is in it, that it runs, and `postern/verify` in another service.

import assert from "node:assert/strict"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { before, type TestContext, test } from "node:test"
import { fileURLToPath, pathToFileURL } from "node:url"
import { makePackage, packInto } from "../../release/package.ts"
import { call, postLogin } from "../support/http_client.ts"
import { blocksOf, readPage, readProjectFile } from "../support/page.ts"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const installed = fileURLToPath(new URL("../../node_modules", import.meta.url))
const { version, dependencies } = JSON.parse(readProjectFile("package.json"))
const skip = spawnSync("npm", ["--version"]).status === 0 ? false : "npm is not there"

/** The package as its tarball has it. */
let unpacked = ""
let tarball = ""
before((t) => {
  if (skip !== false) return
  const directory = temporaryDirectory(t as TestContext)
  makePackage(join(directory, "made"))
  tarball = packInto(join(directory, "made"), directory)
  execFileSync("tar", ["xzf", tarball, "-C", directory])
  unpacked = join(directory, "package")
})

/** A service in a directory of its own that has installed the package, and `others`. */
function createApp(t: TestContext, others: readonly string[]): string {
  const app = temporaryDirectory(t)
  cpSync(unpacked, join(app, "node_modules/postern"), { recursive: true })
  for (const name of others) {
    const place = join(app, "node_modules", name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(installed, name), place)
  }
  writeFileSync(join(app, "package.json"), '{"type":"module"}')
  return app
}

/** Only what the service has installed is there. */
const alone = { NODE_PATH: "" }
const natives = ["@node-rs/argon2", "@node-rs/bcrypt"]
const needed = ["@node-rs", "jose"]

function programOf(app: string): readonly string[] {
  return [join(app, "node_modules/postern/postern.cjs")]
}

test("package holds the bundles, the verifier and the licences, and nothing else", { skip }, () => {
  assert.ok(tarball.endsWith(`/postern-${version}.tgz`), tarball)
  const names = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(unpacked.length + 1))
    .filter((name) => !name.startsWith("licenses/"))
  assert.deepEqual(names.sort(), [
    ...["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "blocklist.json"],
    ...["@simplewebauthn/server/index.js", "@simplewebauthn/server/package.json"].map(inModules),
    ...["age-encryption/index.js", "age-encryption/package.json"].map(inModules),
    ...["pg/index.js", "pg/package.json"].map(inModules),
    ...["package.json", "postern.cjs", "verify.d.ts", "verify.js"],
  ])
  // Of the packages in the bundles, one comes without the text.
  const licences = readdirSync(join(unpacked, "licenses"))
  for (const name of ["jose", "uqr", "pg", "@simplewebauthn-server", "asn1js", "blocklist"]) {
    assert.ok(licences.includes(`${name}.txt`), name)
  }
})

test("package installs what can't be bundled, by exact versions, without a script", {
  skip,
}, () => {
  const made = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"))
  const { jose, ...exact } = made.dependencies
  const bundled = ["@simplewebauthn/server", "age-encryption", "pg"]
  assert.deepEqual(made.bundleDependencies, bundled)
  assert.deepEqual(
    exact,
    Object.fromEntries([...natives, ...bundled].map((name) => [name, dependencies[name]])),
  )
  assert.equal(jose, `^${dependencies.jose}`)
  assert.deepEqual([made.scripts, made.private, made.version], [undefined, true, version])
})

test("package runs, and postern/verify accepts its tokens until their logout", {
  skip,
}, async (t) => {
  const app = createApp(t, needed)
  const settings = {
    ...alone,
    POSTERN_DATA_DIR: join(temporaryDirectory(t), "data"),
    POSTERN_SEED_USERS: "alice:wonderland",
    POSTERN_ISSUER: "https://login.example.org",
  }
  const { url } = await startPostern(t, settings, ["serve"], programOf(app))
  const { body } = await postLogin(url, "alice", "wonderland")
  const token = String(body["access_token"])

  const found = createRequire(join(app, "app.js")).resolve("postern/verify")
  const { createVerifier }: typeof import("../../examples/verify_in_node.ts") = await import(
    pathToFileURL(found).href
  )
  const address = { address: url }
  const verify = createVerifier(settings.POSTERN_ISSUER, address)
  assert.equal((await verify(token)).sub, "alice")
  await assert.rejects(createVerifier("https://other.example.org", address)(token), {
    message: 'unexpected "iss" claim value',
  })
  assert.equal((await call(url, "POST", "/logout", { token })).status, 204)
  // A verifier that has not asked yet: an older one hears of it within ten seconds.
  await assert.rejects(createVerifier(settings.POSTERN_ISSUER, address)(token), {
    message: "Token has been revoked",
  })
})

test("package brings what only some deployments load", { skip }, (t) => {
  const load = createRequire(programOf(createApp(t, needed))[0] ?? "")
  assert.equal(typeof load("pg").Pool, "function")
  for (const name of ["@simplewebauthn/server", "@simplewebauthn/server/helpers"]) {
    assert.equal(typeof load(name).verifyRegistrationResponse, "function", name)
  }
})

test("package without the native password hash says what to do", { skip }, async (t) => {
  const app = createApp(t, ["jose"])
  const settings = { ...alone, POSTERN_DATA_DIR: join(temporaryDirectory(t), "data") }
  const { exitCode, stderr } = await runPostern(["init"], settings, "", programOf(app))
  assert.equal(exitCode, 69)
  assert.match(stderr, /^postern: Postern can't be loaded: Cannot find module '@node-rs\/argon2'\n/)
  assert.match(
    stderr,
    /\nhint: .*npm install --ignore-scripts \.\/postern-\d+\.\d+\.\d+\.tgz where/,
  )
})

test("postern/verify has types", { skip }, (t) => {
  const app = createApp(t, ["jose", "@types/node", "undici-types"])
  const check = (name: string, text: string) => {
    writeFileSync(join(app, name), text)
    const options = ["--ignoreConfig", "--strict", "--module", "nodenext", "--target", "es2022"]
    const words = [...options, "--noEmit", "--types", "node", name]
    const compiler = join(installed, "typescript/bin/tsc")
    return spawnSync(process.execPath, [compiler, ...words], { cwd: app, encoding: "utf8" }).stdout
  }
  const [code = ""] = blocksOf({ name: "", text: readProjectFile("release/README.md") }, "ts")
  assert.equal(check("good.ts", code), "")
  const wrong = code.replace('"https://login.example.org"', "1")
  assert.match(check("wrong.ts", wrong), /^wrong\.ts\(4,\d+\): error TS2345: /)
})

test("release/README.md has the code of verify-tokens.md", () => {
  const [shown = "absent"] = blocksOf(readPage("docs/verify-tokens.md"), "ts")
  assert.ok(readProjectFile("release/README.md").includes(shown))
})

function inModules(name: string): string {
  return `node_modules/${name}`
}
