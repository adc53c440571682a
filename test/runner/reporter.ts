// The reporter of a worker: sends what node:test reports to the parent.

import { Transform } from "node:stream"
import type { EventData } from "node:test"
import { inspect } from "node:util"
import { isEnd, type Message, tellParent } from "./messages.ts"

/** An event of node:test, as far as it matters here. */
type TestEvent =
  | { readonly type: "test:dequeue"; readonly data: EventData.TestDequeue }
  | { readonly type: "test:pass"; readonly data: EventData.TestPass }
  | { readonly type: "test:fail"; readonly data: EventData.TestFail }
  | { readonly type: "test:diagnostic"; readonly data: EventData.TestDiagnostic }

/** The counts that node:test gives at its end, in any case. */
const isCount = /^(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/

function messageOf({ type, data }: TestEvent): Message | null {
  if (type === "test:diagnostic") {
    return isCount.test(data.message) ? null : { kind: "note", text: data.message }
  }
  const { name } = data
  if (type === "test:dequeue") return { kind: "start", name }
  if (type === "test:fail" && isEnd(name)) return { kind: "spoiled" }
  if (type === "test:fail") {
    const { error } = data.details
    return { kind: "fail", name, error: inspect(error.cause ?? error) }
  }
  if (type !== "test:pass") return null
  if (isEnd(name)) return { kind: "end" }
  const { skip, todo } = data
  if (skip === undefined && todo === undefined) return { kind: "pass", name }
  return { kind: "skip", name, reason: String(skip ?? todo) }
}

const reporter = new Transform({
  writableObjectMode: true,
  transform(event: TestEvent, _, done) {
    const message = messageOf(event)
    if (message !== null) tellParent(message)
    done()
  },
})

// biome-ignore lint/style/noDefaultExport: node:test takes a reporter by its default export.
export default reporter
