// The version of this program, as its package has it.

import manifest from "../../package.json" with { type: "json" }

/** The version: `1.2.3`. */
export const programVersion: string = manifest.version
