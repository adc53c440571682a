// The format and version at the beginning of Postern's own files:
//
//   {"format":"postern-snapshot","version":1,…

/** A format that this Postern reads and writes. */
export interface FileFormat {
  readonly format: string
  /** A whole number that grows. */
  readonly version: number
  /** The format's other name in builds from before the first release. */
  readonly unreleased?: string
}

/** Who wrote a file that this Postern does not read. */
export type OtherWriter = "newer" | "unreleased"

/** Hints for such a file. */
export const otherWriterHints: Readonly<Record<OtherWriter, string>> = {
  newer:
    "Start the newer Postern again, or restore the backup from before the upgrade, all files together.",
  unreleased:
    "Start the build that wrote the files, or set POSTERN_DATA_DIR to an empty directory and add the users there.",
}

/** Who wrote a file and why it can't be read, or null when it has the format and version `own`. */
export function findOtherWriter(
  found: { readonly format: unknown; readonly version: unknown },
  own: FileFormat,
): { readonly writer: OtherWriter; readonly why: string } | null {
  const { format, version } = found
  if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 0) return null
  if (format === own.format && version > own.version) {
    const why = `its version is ${version}, and this Postern reads version ${own.version}`
    return { writer: "newer", why }
  }
  const isUnreleased = format === own.format ? version < own.version : format === own.unreleased
  if (!isUnreleased || format === undefined) return null
  const why = `it has version ${version} of the format '${format}', which was never released`
  return { writer: "unreleased", why }
}

/** The format and version that the first line of a file names, undefined where it names none. */
export function readFormat(line: string): { readonly format: unknown; readonly version: unknown } {
  const found = /^\{"format":"([\w-]{1,40})","version":(\d{1,9})[,}]/.exec(line)
  return { format: found?.[1], version: Number(found?.[2]) }
}
