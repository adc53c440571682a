// The store: its writes, and what its engine has beside them.

import type { DatabaseFigures, JournalFigures, StoreFigures } from "../store/figures.ts"
import { byLabel, counter, gauge, histogram, type Series } from "./series.ts"

/** The series of a store. An engine without a journal, or without a database, has none of it. */
export function storeSeries(read: () => StoreFigures): readonly Series[] {
  const { journal, database } = read()
  return [
    histogram(
      "postern_store_write_seconds",
      "Time of a write: to the journal with its sync, which concurrent changes share, or of a change in the database.",
      () => read().writes,
    ),
    counter(
      "postern_store_changes_total",
      "Changes that were stored durably.",
      () => read().changes.done,
    ),
    counter(
      "postern_store_failed_changes_total",
      "Changes that failed because nothing could be written. Nothing was acknowledged.",
      () => read().changes.failed,
    ),
    ...(journal === null ? [] : journalSeries(() => read().journal as JournalFigures)),
    ...(database === null ? [] : databaseSeries(() => read().database as DatabaseFigures)),
  ]
}

function journalSeries(read: () => JournalFigures): readonly Series[] {
  return [
    gauge("postern_journal_bytes", "Size of both journal files.", () => read().bytes),
    gauge(
      "postern_journal_entries",
      "Journal entries that no snapshot covers: the next start reads them.",
      () => read().entriesSinceSnapshot,
    ),
    gauge("postern_snapshot_bytes", "Size of the snapshot.", () => read().snapshot.bytes),
    gauge(
      "postern_snapshot_written_timestamp_seconds",
      "When the snapshot was written, in seconds since 1970. A quiet service writes none for long.",
      () => read().snapshot.writtenAt,
    ),
    gauge(
      "postern_snapshot_duration_seconds",
      "How long the last snapshot took. Without a number until this process has written one.",
      () => read().snapshot.seconds,
    ),
    counter(
      "postern_snapshot_failures_total",
      "Snapshots that could not be written. The journal grows meanwhile.",
      () => read().snapshot.failures,
    ),
  ]
}

/** Whether the database answers. */
export function availabilitySeries(isAvailable: () => boolean): Series {
  const help = "1 while the database answers, 0 while it does not."
  return gauge("postern_database_available", help, () => Number(isAvailable()))
}

function databaseSeries(read: () => DatabaseFigures): readonly Series[] {
  return [
    availabilitySeries(() => read().isAvailable),
    {
      ...{ kind: "gauge", name: "postern_database_connections" },
      help: "Open connections to the database, for reading and for writing.",
      labels: ["use"],
      read: () => byLabel("use", { ...read().connections }),
    },
    gauge(
      "postern_database_waiting_changes",
      "Changes that wait for a connection to the database.",
      () => read().waiting,
    ),
    gauge(
      "postern_database_horizon_seconds",
      "For how long the oldest transaction of the cluster has been open, at least. While it is open, dead rows stay.",
      () => read().view.horizonSeconds,
    ),
    ...viewSeries(() => read().view),
  ]
}

function viewSeries(read: () => DatabaseFigures["view"]): readonly Series[] {
  return [
    histogram(
      "postern_view_validation_seconds",
      "Time of a query that asks what has changed. Each serves all requests that wait for it.",
      () => read().validations,
    ),
    counter(
      "postern_view_validation_failures_total",
      "Queries that ask what has changed, and failed.",
      () => read().validationFailures,
    ),
    counter(
      "postern_view_changes_total",
      "Changed rows of which the database told.",
      () => read().changesTold,
    ),
    counter(
      "postern_view_resets_total",
      "Times that everything remembered was dropped, because the database could not tell all changes.",
      () => read().forgotten,
    ),
    gauge(
      "postern_view_age_seconds",
      "Time since the last state of the database that this replica has seen. It grows while no request needs one.",
      () => read().ageSeconds,
    ),
  ]
}
