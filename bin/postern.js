#!/usr/bin/env node
// The `postern` command of a clone and of an installed package. Nothing of Postern has been loaded
// yet when the loading itself fails, so this file reports that failure.

import Module from "node:module"
import { dirname } from "node:path"

try {
  const { findProgram } = await import("./kept_bundle.js")
  run(findProgram())
} catch (error) {
  const reason = /\S.*(?<=:)\n.*|\S.*/.exec(String(error?.message ?? error))?.[0] ?? ""
  const hint = error?.syscall
    ? "Its files need to be readable, and the process needs room to open them: ulimit -n."
    : "Install the packages on this machine, and not with --omit=optional: npm ci. A node_modules that was copied from another system, processor or C library does not work."
  process.stderr.write(
    `postern: Postern can't be loaded: ${reason.replace(/[\p{Cc}\p{Cf}]/gu, " ")}\nhint: ${hint}\n`,
  )
  process.exitCode = 69
}

/** Runs a program that is in memory as `require` runs a file: stacks name the sources' lines. */
function run({ file, text }) {
  process.setSourceMapsEnabled(true)
  const program = new Module(file)
  program.filename = file
  program.paths = Module._nodeModulePaths(dirname(file))
  program._compile(text, file)
}
