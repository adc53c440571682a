#!/usr/bin/env node
// The `postern` command of an installed package: runs the sources as they are, through tsx.

import { tsImport } from "tsx/esm/api"

await tsImport("../src/main.ts", import.meta.url)
