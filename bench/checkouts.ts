// Other checkouts of Postern beside this one, before and after a change. Each is started by the
// command of its own `npm start`, over a store and with tokens that its own bench/fixture.ts makes,
// since both change from version to version.

import { existsSync, readFileSync } from "node:fs"
import { basename, delimiter, dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { build } from "esbuild"
import type { Fixture, makeFixture } from "./fixture.ts"
import { benchDirectory, rootDirectory } from "./places.ts"
import { ratioText } from "./report.ts"
import { postern, type ServerKind } from "./servers.ts"
import { spreadOf } from "./statistics.ts"
import type { Summary } from "./summary.ts"

/** The name of this checkout where it stands beside others. */
export const ownName = "this checkout"

/**
 * What `npm start` runs in a checkout.
 * @throws Error when that is not known
 */
export function startCommandOf(directory: string): string {
  const file = join(directory, "package.json")
  const command = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).scripts?.start : null
  if (typeof command !== "string") throw new Error(`'${file}' has no start script`)
  return command.replace(/^exec /, "")
}

/** A checkout as a server; its name is its directory's. */
export function checkoutKind(directory: string, fixture?: Fixture): ServerKind {
  const isOwn = fixture === undefined
  // The same Node for all.
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter)
  return {
    ...postern(isOwn ? ownName : directory, { environment: { PATH: path } }),
    command: startCommandOf(directory),
    workingDirectory: directory,
    ...(isOwn ? {} : { fixture }),
  }
}

/** This checkout as `npm start` runs it. */
export function ownCheckout(): ServerKind {
  return checkoutKind(rootDirectory)
}

/**
 * The `makeFixture` of a checkout, bundled into a directory from which packages can be found.
 * @throws Error when it has none
 */
export async function loadFixtureOf(
  directory: string,
  into = join(benchDirectory, "build"),
): Promise<typeof makeFixture> {
  const outfile = join(into, `fixture_of_${basename(directory)}.mjs`)
  await build({
    ...{ entryPoints: [join(directory, "bench/fixture.ts")], outfile, logLevel: "silent" },
    ...{ bundle: true, platform: "node", target: "node20", format: "esm", packages: "external" },
  })
  return (await import(pathToFileURL(outfile).href)).makeFixture
}

/** A table for each checkout that stands beside this one; nothing when none does. */
export function compareCheckouts(
  summaries: readonly Summary[],
  directories: readonly string[],
): string {
  const key = "processor"
  return directories
    .map((directory) => {
      const lines = summaries.map(({ title, samples }) => {
        const valuesOf = (name: string) =>
          new Map(
            samples.flatMap(({ server, round, numbers }) =>
              server === name ? [[round, numbers[key] ?? Number.NaN]] : [],
            ),
          )
        const [own, other] = [valuesOf(ownName), valuesOf(directory)]
        const ratios = [...own].map(([round, value]) => value / (other.get(round) ?? Number.NaN))
        const cells = [own, other].map((one) => spreadOf([...one.values()]).median.toFixed(1))
        return `| ${[title, ...cells, ratioText(spreadOf(ratios))].join(" | ")} |`
      })
      const head = `| CPU µs a request | ${ownName} | ${directory} | ratio |`
      return `${[head, "| --- | ---: | ---: | ---: |", ...lines].join("\n")}\n`
    })
    .join("\n")
}
