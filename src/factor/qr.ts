// QR codes, as the modules of a picture. The package that makes them is loaded with the first one.

/** A QR code, to be drawn. */
export interface QrCode {
  /** Modules on each side, with the white ones around. */
  readonly size: number
  /** The black modules, as the path of an SVG whose unit is a module. */
  readonly path: string
}

/** White modules around the code (ISO/IEC 18004 §9.1). */
const quietModules = 4

/** Makes the QR code of a text. */
export async function makeQrCode(text: string): Promise<QrCode> {
  const { encode } = await import("uqr")
  // A screen is not torn or stained: the middle level keeps the modules large.
  const { size, data } = encode(text, { ecc: "M", border: quietModules })
  return { size, path: data.map(rowOf).join("") }
}

/** The black modules of a row, as one rectangle for each run of them. */
function rowOf(modules: readonly boolean[], y: number): string {
  const row = modules.map((isBlack) => (isBlack ? "#" : " ")).join("")
  return [...row.matchAll(/#+/g)]
    .map(({ 0: { length }, index }) => `M${index} ${y}h${length}v1h-${length}z`)
    .join("")
}
