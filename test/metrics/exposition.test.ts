// The text that Prometheus reads, to the letter.

import assert from "node:assert/strict"
import { test } from "node:test"
import { createExposition } from "../../src/metrics/exposition.ts"
import { byLabel, counter, gauge, histogram, type Series } from "../../src/metrics/series.ts"
import { Durations } from "../../src/system/durations.ts"

function textOf(...series: readonly Series[]): Promise<string> {
  return createExposition(series)()
}

test("createExposition() writes counters, gauges and histograms in the text format", async () => {
  const durations = new Durations([0.1, 1])
  for (const seconds of [0.05, 0.5, 0.25, 8]) durations.add(seconds)
  const labelled: Series = {
    ...{ kind: "counter", name: "logins_total", help: "Logins.", labels: ["outcome"] },
    read: () => byLabel("outcome", { succeeded: 3, failed: 0 }),
  }
  const timed: Series = {
    ...{ kind: "histogram", name: "time_seconds", help: "Time.", labels: ["route"] },
    read: () => [{ labels: { route: "/me" }, durations }],
  }
  const text = await textOf(
    labelled,
    gauge("queue", "In the queue.", () => 2.5),
    timed,
  )
  assert.equal(
    text,
    `# HELP logins_total Logins.
# TYPE logins_total counter
logins_total{outcome="succeeded"} 3
logins_total{outcome="failed"} 0

# HELP queue In the queue.
# TYPE queue gauge
queue 2.5

# HELP time_seconds Time.
# TYPE time_seconds histogram
time_seconds_bucket{le="0.1",route="/me"} 1
time_seconds_bucket{le="1",route="/me"} 3
time_seconds_bucket{le="+Inf",route="/me"} 4
time_seconds_sum{route="/me"} 8.8
time_seconds_count{route="/me"} 4
`,
  )
})

test("createExposition() writes a histogram without labels", async () => {
  const text = await textOf(histogram("time_seconds", "Time.", () => new Durations([1])))
  assert.equal(
    text,
    `# HELP time_seconds Time.
# TYPE time_seconds histogram
time_seconds_bucket{le="1"} 0
time_seconds_bucket{le="+Inf"} 0
time_seconds_sum 0
time_seconds_count 0
`,
  )
})

test("createExposition() writes no number where there is none, neither 0 nor an old one", async () => {
  const now: { value: number | null } = { value: null }
  const text = createExposition([
    gauge("age_seconds", "Age.", () => now.value),
    counter("lost_total", "Lost.", () => now.value),
  ])
  const numbers = async () => (await text()).split("\n").filter((line) => /^[a-z]/.test(line))
  assert.deepEqual(await numbers(), [])
  now.value = 7
  assert.deepEqual(await numbers(), ["age_seconds 7", "lost_total 7"])
  now.value = 0
  assert.deepEqual(await numbers(), ["age_seconds 0", "lost_total 0"])
  now.value = null
  assert.deepEqual(await numbers(), [])
})

test("createExposition() reads a counter each time, and adds nothing up", async () => {
  let value = 0
  const text = createExposition([counter("changes_total", "Changes.", () => value)])
  for (value of [1, 1, 5]) assert.match(await text(), new RegExp(`^changes_total ${value}$`, "m"))
})

test("createExposition() escapes quotes, backslashes and line ends in labels", async () => {
  const series: Series = {
    ...{ kind: "gauge", name: "info", help: "One\\two\nthree", labels: ["version"] },
    read: () => [{ labels: { version: 'a"b\\c\nd' }, value: 1 }],
  }
  assert.equal(
    await textOf(series),
    `# HELP info One\\\\two\\nthree
# TYPE info gauge
info{version="a\\"b\\\\c\\nd"} 1
`,
  )
})

test("createExposition() gives concurrent calls one text, and the next call a new one", async () => {
  let reads = 0
  const series: Series = {
    ...{ kind: "gauge", name: "reads", help: "Reads.", labels: [] },
    async read() {
      reads += 1
      return [{ value: reads }]
    },
  }
  const text = createExposition([series])
  const [one, other] = await Promise.all([text(), text()])
  assert.equal(one, other)
  assert.equal(reads, 1)
  assert.match(await text(), /^reads 2$/m)
})

test("createExposition() fails with a series that fails, and works again after it", async () => {
  let isBroken = true
  const text = createExposition([
    gauge("queue", "In the queue.", () => {
      if (isBroken) throw new TypeError("a bug")
      return 1
    }),
  ])
  await assert.rejects(text(), { name: "TypeError", message: "a bug" })
  isBroken = false
  assert.match(await text(), /^queue 1$/m)
})
