// How long the rules for new passwords take for long ones, which nobody may make slow: the check
// runs on the event loop. Each text is the worst of some kind. Ends with 1 when a median is too long.

import { judgePolicy, policyTexts, timePolicy } from "./policy_texts.ts"
import { table } from "./statistics.ts"

const samples = Number(process.env["SAMPLES"] ?? 200)
const lengths = [64, 128, 256, 512, 1024]
const rows = [["median milliseconds", ...lengths.map((length) => `${length} letters`)]]
const medians: number[] = []
for (const [name, textOf] of Object.entries(policyTexts)) {
  const own: number[] = []
  for (const length of lengths) own.push(await timePolicy(textOf(length), samples))
  rows.push([name, ...own.map((millis) => millis.toFixed(3))])
  medians.push(...own)
}
const { isHeld, line } = judgePolicy(medians)
process.stdout.write(`${samples} samples each, Node ${process.version}\n${table(rows)}${line}\n`)
process.exitCode = isHeld ? 0 : 1
