// The types of those parts of prom-client that are loaded (registry.ts).

declare module "prom-client/lib/registry.js" {
  import { Registry } from "prom-client"
  export = Registry
}

declare module "prom-client/lib/counter.js" {
  import { Counter } from "prom-client"
  export = Counter
}

declare module "prom-client/lib/gauge.js" {
  import { Gauge } from "prom-client"
  export = Gauge
}
