// Makes one file of Postern's sources. The image runs that file, and so do the commands of a clone
// (kept_bundle.js), so the options stand here for both. As a program it makes a directory that can
// be run on its own with the native password hashes beside it: node bin/bundle.js DIRECTORY

import { copyFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { basename, delimiter, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

/** The directory of the clone or of the installed package. */
export const rootDirectory = fileURLToPath(new URL("..", import.meta.url))

/**
 * The password blocklist would be half of the bundle, and few runs need it: Postern loads this file
 * when somebody chooses a password. Relative to the root directory.
 */
export const blocklistFile = "src/password/blocklist.json"

/**
 * Packages that few deployments load: each is apart from Postern's own bundle, where Node looks for
 * it. `paths` are what Postern imports below the name, where that is more than the name: one bundle
 * under several names.
 */
const packagesApart = [
  // Loaded by a store in PostgreSQL. It tries its native variant only when that is asked for.
  { name: "pg", external: ["pg-native"] },
  // Loaded by registrations and logins with a passkey.
  { name: "@simplewebauthn/server", paths: ["", "/helpers"] },
  // Loaded when a backup is encrypted or decrypted.
  { name: "age-encryption" },
]

/** Packages with a binary for the machine, which stay as they are installed. */
const nativeHashes = ["@node-rs/argon2", "@node-rs/bcrypt"]

/**
 * Bundles the sources. Gives esbuild's result, whose one output file is written only on request.
 * `blocklist` is where the bundle finds the blocklist, in esbuild's words for an external path.
 */
export function bundle({ outfile, blocklist, ...options }) {
  // Loaded here, since a start with a kept bundle needs no bundler, and by `require`, which also
  // looks into NODE_PATH: bench/ builds Postern with packages of its own.
  const { buildSync } = createRequire(import.meta.url)("esbuild")
  return buildSync({
    absWorkingDir: rootDirectory,
    entryPoints: ["src/main.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    // Measured: starts 20 ms faster than modules.
    format: "cjs",
    sourcesContent: false,
    external: [...nativeHashes, ...packagesApart.map(({ name }) => name), blocklist],
    nodePaths: process.env.NODE_PATH?.split(delimiter).filter(Boolean),
    // Modules are strict by themselves, CommonJS is not. No tsconfig.json is read: it may be
    // missing, or somebody else's in a directory above.
    tsconfigRaw: { compilerOptions: { alwaysStrict: true, verbatimModuleSyntax: true } },
    logLevel: "silent",
    ...options,
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const directory = resolve(process.argv[2] ?? "dist")
  bundle({
    outfile: join(directory, "postern.cjs"),
    blocklist: `*/${basename(blocklistFile)}`,
    sourcemap: true,
    logLevel: "warning",
  })
  for (const one of packagesApart) {
    const bundlePackage = one.paths === undefined ? bundleWhole : bundleShared
    bundlePackage(one, join(directory, "node_modules", one.name))
  }
  copyFileSync(join(rootDirectory, blocklistFile), join(directory, basename(blocklistFile)))
}

function bundleWhole({ name, external = [] }, directory) {
  const outfile = join(directory, "index.js")
  bundle({ entryPoints: [name], outfile, external, logLevel: "warning" })
}

function bundleShared({ name, paths }, directory) {
  bundle({
    entryPoints: [],
    stdin: {
      contents: paths.map((path) => `export * from "${name}${path}"\n`).join(""),
      resolveDir: rootDirectory,
    },
    outfile: join(directory, "index.js"),
    external: [],
    logLevel: "warning",
  })
  const exports = Object.fromEntries(paths.map((path) => [`.${path}`, "./index.js"]))
  writeFileSync(join(directory, "package.json"), `${JSON.stringify({ exports })}\n`)
}
