// The settings of metrics: the part of the table (settings.ts) that is about Prometheus.

import type { Setting } from "./setting.ts"
import { host, wholeNumber } from "./values.ts"

/** The settings of metrics. */
export const metricsSettings = {
  metricsPort: {
    name: "POSTERN_METRICS_PORT",
    parse: wholeNumber(0, 65_535),
    fallback: null,
    shownDefault: "none",
    help: "Port at which Prometheus reads /metrics, without a login: keep it private. 0 picks a free one.",
  },
  metricsHost: {
    name: "POSTERN_METRICS_HOST",
    parse: host,
    fallback: "127.0.0.1",
    help: "Address of the port for metrics. In the image: 0.0.0.0.",
  },
} as const satisfies Record<string, Setting>
