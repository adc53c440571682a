import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { descriptorsMax, heapBytesMax } from "../../src/system/process_limits.ts"

const module = fileURLToPath(new URL("../../src/system/process_limits.ts", import.meta.url))
const mebibyte = 1024 * 1024

/** What a process of its own, with these options and below these shell limits, tells. */
function told(name: string, { limits = "", options = "" }): number {
  const script = `import("${module}").then((module) => console.log(module.${name}()))`
  const node = `"${process.execPath}" ${options} --import tsx --input-type=module -e '${script}'`
  return Number(execFileSync("/bin/sh", ["-c", `${limits}${node}`], { encoding: "utf8" }))
}

test("heapBytesMax() follows --max-old-space-size", () => {
  const bytes = told("heapBytesMax", { options: "--max-old-space-size=256" })
  assert.ok(bytes >= 256 * mebibyte && bytes < 400 * mebibyte, `${bytes}`)
  assert.ok(heapBytesMax() > 0)
})

test("descriptorsMax() follows the limit of open files", () => {
  assert.equal(told("descriptorsMax", { limits: "ulimit -n 333 && " }), 333)
})

test("descriptorsMax() is infinite where no limit is known", () => {
  for (const report of [
    {},
    { userLimits: {} },
    { userLimits: { open_files: {} } },
    { userLimits: { open_files: { soft: "unlimited", hard: "unlimited" } } },
  ]) {
    assert.equal(descriptorsMax(report), Number.POSITIVE_INFINITY)
  }
  assert.equal(descriptorsMax({ userLimits: { open_files: { soft: 1024, hard: 4096 } } }), 1024)
})
