#!/usr/bin/env node
// The `postern` command of an installed package, and of a clone's npm scripts: runs the sources as
// they are, through tsx. Nothing of Postern is there to tell what is wrong when that fails.

try {
  const { tsImport } = await import("tsx/esm/api")
  await tsImport("../src/main.ts", import.meta.url)
} catch (error) {
  const reason = /\S.*(?<=:)\n.*|\S.*/.exec(String(error?.message ?? error))?.[0] ?? ""
  const hint = error?.syscall
    ? "Its files need to be readable, and the process needs room to open them: ulimit -n."
    : "Install the packages on this machine: npm ci, and not with --omit=optional. A node_modules that was copied from another system, processor or C library does not work."
  process.stderr.write(
    `postern: Postern can't be loaded: ${reason.replace(/[\p{Cc}\p{Cf}]/gu, " ")}\nhint: ${hint}\n`,
  )
  process.exitCode = 69
}
