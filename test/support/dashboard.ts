// The dashboard for Grafana, read as data.

import { readProjectFile } from "./page.ts"

/** A query of a panel. */
export interface DashboardQuery {
  readonly refId: string
  readonly expr: string
  readonly datasource: { readonly type: string; readonly uid: string }
  readonly legendFormat: string
}

/** A panel, or a heading between panels. */
export interface DashboardPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets?: readonly DashboardQuery[]
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } }
}

/** A variable of the dashboard. */
export interface DashboardVariable {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
}

/** The dashboard. */
export interface Dashboard {
  readonly title: string
  readonly uid: string
  readonly schemaVersion: number
  readonly templating: { readonly list: readonly DashboardVariable[] }
  readonly panels: readonly DashboardPanel[]
}

/** Reads the dashboard of the examples. */
export function readDashboard(): Dashboard {
  return JSON.parse(readProjectFile("examples/grafana.json"))
}

/** Its expressions, as Grafana would send them for all services. */
export function expressionsOf({ panels }: Dashboard): readonly string[] {
  return panels.flatMap(({ targets = [] }) =>
    targets.map(({ expr }) =>
      expr.replaceAll("$__rate_interval", "1m").replace(/\$(?:job|instance)\b/g, ".*"),
    ),
  )
}
