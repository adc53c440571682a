// Where things are. Programs run from build/, where build.js puts them.

import { fileURLToPath } from "node:url"

/** The folder of the benchmark. */
export const benchDirectory = fileURLToPath(new URL("..", import.meta.url))

/** The clone. */
export const rootDirectory = fileURLToPath(new URL("../..", import.meta.url))

/** Postern's bundle, made with the options of the image's. */
export const posternBundle = fileURLToPath(new URL("../build/postern.cjs", import.meta.url))
