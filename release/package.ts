// Makes the npm package: node --import tsx release/package.ts DIRECTORY
//
// It holds the program as the image has it, `postern/verify` for services that verify tokens, and
// the licences of what is bundled. It installs the native password hashes and `jose`, and nothing
// else: no bundler, no sources, no script. It is private, so `npm publish` refuses it.

import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

interface LockEntry {
  readonly version: string
  readonly dev?: boolean
}

const root = fileURLToPath(new URL("..", import.meta.url))
/** What the package installs: programs for each machine, which no bundle can hold. */
const natives = ["@node-rs/argon2", "@node-rs/bcrypt"]
const texts = ["LICENSE", "CHANGELOG.md", "SECURITY.md"]
/** The source of `postern/verify`, which is also there to be copied. */
const verifySource = "verify_in_node"

const manifest = readJson("package.json")
const versions = manifest.dependencies as Readonly<Record<string, string>>
const lock = readJson("package-lock.json").packages as Readonly<Record<string, LockEntry>>

/** Makes the package in a directory, whose content is replaced. */
export function makePackage(directory: string): void {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  run(join(root, "bin/bundle.js"), [directory])
  makeCommand(join(directory, "postern.cjs"))
  const bundled = bundledPackages(directory)
  for (const name of bundled) describeBundle(directory, name)
  makeVerifier(directory)
  copyLicences(join(directory, "licenses"))
  for (const name of texts) copyFileSync(join(root, name), join(directory, name))
  copyFileSync(join(root, "release/README.md"), join(directory, "README.md"))
  writeJson(join(directory, "package.json"), packageManifest(bundled))
}

/** Packs a package that was made. Gives the path of the tarball. */
export function packInto(directory: string, destination: string): string {
  mkdirSync(destination, { recursive: true })
  const words = ["pack", "--silent", "--ignore-scripts", "--pack-destination", destination]
  const options = { cwd: directory, encoding: "utf8" } as const
  return join(destination, execFileSync("npm", words, options).trim())
}

function packageManifest(bundled: readonly string[]) {
  const { name, version, description, license, engines } = manifest
  const exact = (names: readonly string[]) => names.map((one) => [one, versions[one]])
  return {
    ...{ name, version, description, license, private: true, type: "module" },
    bin: { postern: "postern.cjs" },
    exports: {
      "./verify": { types: "./verify.d.ts", default: "./verify.js" },
      "./package.json": "./package.json",
    },
    files: [
      ...["postern.cjs", "blocklist.json", "verify.js", "verify.d.ts"],
      ...["licenses", "CHANGELOG.md", "SECURITY.md"],
    ],
    engines,
    dependencies: {
      ...Object.fromEntries(exact([...natives, ...bundled])),
      // The verifier shares it with the service that it is part of.
      jose: `^${versions["jose"]}`,
    },
    bundleDependencies: bundled,
  }
}

// The package has neither sources nor a map of them: stacks name functions and lines of the bundle.
function makeCommand(file: string): void {
  const text = readFileSync(file, "utf8").replace(/\/\/# sourceMappingURL=\S+\n$/, "")
  writeFileSync(file, `#!/usr/bin/env node\n${text}`)
  rmSync(`${file}.map`)
}

// Bundles apart, which only some deployments load: npm packs them as they are.
function bundledPackages(directory: string): readonly string[] {
  return Object.keys(versions).filter((name) => existsSync(join(directory, "node_modules", name)))
}

function describeBundle(directory: string, name: string): void {
  const file = join(directory, "node_modules", name, "package.json")
  const made = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {}
  const { version, license } = readJson(`node_modules/${name}/package.json`)
  writeJson(file, { name, version, license, ...made })
}

function makeVerifier(directory: string): void {
  const options = ["--ignoreConfig", "--declaration", "--strict", "--skipLibCheck"]
  const target = ["--target", "es2022", "--module", "nodenext", "--types", "node"]
  const source = join(root, `examples/${verifySource}.ts`)
  const compiler = join(root, "node_modules/typescript/bin/tsc")
  run(compiler, [...options, ...target, "--outDir", directory, source])
  for (const end of [".js", ".d.ts"]) {
    renameSync(join(directory, `${verifySource}${end}`), join(directory, `verify${end}`))
  }
}

// Of what is installed each package brings its licence along.
function copyLicences(directory: string): void {
  mkdirSync(directory)
  for (const [path, { dev }] of Object.entries(lock)) {
    const name = path.replace(/^node_modules\//, "")
    if (path === "" || dev === true || /^@node-rs\/|esbuild/.test(name)) continue
    const found = readdirSync(join(root, path)).find((file) => /^licen[cs]e/i.test(file))
    if (found === undefined) continue
    const copy = `${name.replaceAll("/", "-")}.txt`
    copyFileSync(join(root, path, found), join(directory, copy))
  }
  copyFileSync(join(root, "src/password/blocklist_license.txt"), join(directory, "blocklist.txt"))
}

function run(script: string, words: readonly string[]): void {
  execFileSync(process.execPath, [script, ...words], { cwd: root, stdio: "inherit" })
}

function readJson(name: string) {
  return JSON.parse(readFileSync(join(root, name), "utf8"))
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = resolve(process.argv[2] ?? "build/package")
  makePackage(directory)
  process.stdout.write(`${packInto(directory, dirname(directory))}\n`)
}
