// The Kubernetes manifests against the types that are made from the API's own description: names,
// kinds of values, and what is required. Whether a cluster runs them, no test here sees.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { symlinkSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { fileURLToPath } from "node:url"
import { readProjectFile } from "../support/page.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
}

const installed = fileURLToPath(new URL("../../node_modules", import.meta.url))
const { loadAll } = createRequire(import.meta.url)("js-yaml") as {
  loadAll(text: string): Manifest[]
}
const deployment = "apps/v1 Deployment"
const files = [
  ["kubernetes.yaml", ["v1 PersistentVolumeClaim", deployment, "v1 Service"]],
  ["kubernetes_replicas.yaml", [deployment, "policy/v1 PodDisruptionBudget", "v1 Service"]],
] as const

/** What the compiler says when manifests are written as values of their types. */
function faultsOf(t: TestContext, manifests: readonly Manifest[]): string {
  const directory = temporaryDirectory(t)
  symlinkSync(installed, join(directory, "node_modules"))
  const lines = manifests.map((manifest, at) => {
    const { apiVersion, kind } = manifest
    const module = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`
    const type = `import("kubernetes-types/${module}").${kind}`
    return `export const manifest${at}: ${type} = ${JSON.stringify(manifest)}\n`
  })
  writeFileSync(join(directory, "manifests.ts"), lines.join(""))
  const options = ["--ignoreConfig", "--strict", "--noEmit", "--module", "nodenext", "--types", ""]
  const words = [join(installed, "typescript/bin/tsc"), ...options, "manifests.ts"]
  return spawnSync(process.execPath, words, { cwd: directory, encoding: "utf8" }).stdout
}

for (const [name, kinds] of files) {
  test(`${name} has what Kubernetes knows`, (t) => {
    const manifests = loadAll(readProjectFile(`examples/deploy/${name}`))
    assert.deepEqual(
      manifests.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`),
      kinds,
    )
    assert.equal(faultsOf(t, manifests), "")
  })
}

test("a manifest with a name that Kubernetes does not know is refused", (t) => {
  const text = readProjectFile("examples/deploy/kubernetes.yaml")
  const wrong = text.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")
  assert.match(faultsOf(t, loadAll(wrong)), /error TS2353: .*'"readOnlyRootFileSystem"'/)
})
