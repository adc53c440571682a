// Makes what is measured and what measures, in build/: Postern's bundle by the project's own
// `npm run build`, with another place to write to, and bench's programs. What the service depends
// on is taken from bench/node_modules (NODE_PATH), so the root need not be installed.

import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const here = fileURLToPath(new URL(".", import.meta.url))
const programs = [
  "main",
  "engines",
  "store_writer",
  "login_timing",
  "login_flood",
  "chunks",
  "chunk_attacker",
  "policy_timing",
]

const esbuild = await import("esbuild").catch(() => null)
if (esbuild === null) {
  process.stderr.write("What bench needs is not installed: run `npm --prefix bench ci` first.\n")
  process.exit(1)
}

esbuild.buildSync({
  absWorkingDir: here,
  entryPoints: programs.map((name) => `${name}.ts`),
  outdir: "build",
  outExtension: { ".js": ".mjs" },
  ...{ bundle: true, platform: "node", target: "node20", format: "esm", packages: "external" },
  logLevel: "error",
})

const { status, stderr } = spawnSync("npm", ["--prefix", "..", "run", "--silent", "build"], {
  ...{ cwd: here, encoding: "utf8" },
  env: {
    ...process.env,
    BUILD_DIR: "bench/build",
    NODE_PATH: fileURLToPath(new URL("node_modules", import.meta.url)),
  },
})
if (status !== 0) {
  process.stderr.write(`${stderr}\nPostern could not be built.\n`)
  process.exitCode = 1
}
