// The reference tables of docs/ against the code that they describe.

import assert from "node:assert/strict"
import { test } from "node:test"
import { runCommandLine } from "../../src/cli/command_line.ts"
import { commandRows } from "../../src/cli/commands.ts"
import { usageOf } from "../../src/cli/help.ts"
import { warningCodes } from "../../src/cli/status/status_warnings.ts"
import type { Setting } from "../../src/config/setting.ts"
import { settingNames, settingRows } from "../../src/config/settings.ts"
import { exitCodes, refusalReasons } from "../../src/errors.ts"
import { httpLimits } from "../../src/http/node/limits.ts"
import type { Rate } from "../../src/limit/rate_limit.ts"
import {
  adminLimits,
  enrolmentLimits,
  loginLimits,
  logoutLimits,
  passkeyLimits,
  passwordLimits,
  refreshLimits,
  registrationLimits,
} from "../../src/service/limits.ts"
import { auditEvents } from "../../src/telemetry/audit.ts"
import { adminTables, apiTables, withTables } from "../support/api_page.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"
import { readPage, readProjectFile, tableOf } from "../support/page.ts"

const api = readPage("docs/api.md")
const cli = readPage("docs/cli.md")

test("api.md has the tables that the description of the API makes (npm run docs)", () => {
  const tables = apiTables()
  for (const table of Object.values(tables)) assert.ok(api.text.includes(table))
  const stale = api.text.replace("| POST | `/login` |", "| PUT | `/login` |")
  assert.equal(withTables(stale, tables), api.text)
})

test("admin-api.md has the routes of the admin API (npm run docs)", () => {
  assert.ok(readPage("docs/admin-api.md").text.includes(adminTables().Method))
})

test("api.md has the limits of the HTTP server", () => {
  const limits = Object.fromEntries(tableOf(api, "What"))
  const seconds = (millis: number) => `${millis / 1000} s`
  assert.equal(limits["Body"], `${httpLimits.bodyBytesMax / 1024} KiB`)
  assert.match(limits["Headers"] ?? "", new RegExp(` ${httpLimits.headBytesMax / 1024} KiB; `))
  assert.equal(limits["Time to arrive, head and body"], seconds(httpLimits.requestMillisMax))
  for (const [what, millis] of [
    ["Idle connection", httpLimits.keepAliveMillis],
    ["Idle connection of a trusted proxy", httpLimits.proxyKeepAliveMillis],
  ] as const) {
    assert.ok(limits[what]?.startsWith(`${seconds(millis)} (`), what)
  }
  const count = httpLimits.connectionsMax.toLocaleString("en")
  assert.ok(limits["Connections"]?.startsWith(`${count}, `))
  assert.equal(
    limits["Requests of a connection"],
    httpLimits.requestsPerSocketMax.toLocaleString("en"),
  )
})

test("guessing.md has the limits on passwords that the service enforces", () => {
  const { failuresOfPair, failuresOfClient, failuresOfStrangers, failuresOfDevices } = loginLimits
  const wrong = rowsBelow("Wrong passwords", "Who")
  assert.deepEqual(
    wrong.map(([, failures]) => numberIn(failures)),
    [
      failuresOfPair.inARow,
      failuresOfClient.capacity,
      failuresOfStrangers.inARow,
      failuresOfDevices.inARow,
    ],
  )
  assert.equal(secondsPerOne(wrong[1]?.[2]), failuresOfClient.secondsPerToken)
  const { loginsOfPair, loginsOfDevices, loginsOfClient } = loginLimits
  assert.deepEqual(
    ratesBelow("Logins that succeed", "Who"),
    [loginsOfPair, loginsOfDevices, loginsOfClient].map(figuresOf),
  )
  const { text } = readPage("docs/guessing.md")
  const { newPasswords } = passwordLimits
  const { capacity, secondsPerToken } = newPasswords
  assert.match(
    text,
    new RegExp(`${capacity} new passwords .*, then one in ${secondsPerToken} seconds`),
  )
})

test("guessing.md has the limits of other endpoints that the service enforces", () => {
  const { attemptsOfClient, accountsOfClient, accountsOfAll } = registrationLimits
  const { refusalsOfClient, usesOfSession, usesOfAccount } = refreshLimits
  const { offers, passkeys, recoveryCodes } = enrolmentLimits
  const ofPasskeys = [passkeyLimits.refusalsOfClient, passkeyLimits.loginsOfAccount, passkeys]
  const ofAdmins = Object.values(adminLimits)
  const limits = [attemptsOfClient, accountsOfClient, accountsOfAll, refusalsOfClient]
  const uses = [usesOfSession, usesOfAccount, logoutLimits.usesOfAccount]
  assert.deepEqual(
    ratesBelow("Other endpoints", "What"),
    [...limits, ...uses, ...ofPasskeys, offers, recoveryCodes, ...ofAdmins].map(figuresOf),
  )
})

test("configuration.md lists the settings", () => {
  const rows = settingRows.map(([, setting]) => settingRow(setting))
  assert.deepEqual(tableOf(readPage("docs/configuration.md"), "Setting"), rows)
})

test("cli.md lists the commands", () => {
  const rows = commandRows.map((row) => [`\`postern ${usageOf(row)}\``, row.help])
  assert.deepEqual(tableOf(cli, "Command"), rows)
})

test("cli.md lists the exit codes, in the words of the help", async () => {
  const terminal = createFakeTerminal()
  await runCommandLine(["--help"], terminal)
  const rows = tableOf(cli, "Code")
  assert.deepEqual(
    rows.map(([code]) => Number(code)),
    Object.values(exitCodes),
  )
  const listed = rows.map(([code, meaning]) => `${code} ${meaning}`).join(", ")
  assert.ok(terminal.stdout().replace(/\s+/g, " ").includes(`Exit codes: ${listed}.`))
})

test("troubleshooting.md lists the reasons for which tokens are refused", () => {
  const written = tableOf(readPage("docs/troubleshooting.md"), "Reason").map(([reason]) => reason)
  assert.deepEqual(
    written,
    refusalReasons.map((reason) => `\`${reason}\``),
  )
})

test("logs.md lists the events of the audit trail", () => {
  const written = tableOf(readPage("docs/logs.md"), "Event").map(([event]) => event)
  assert.deepEqual(
    written,
    auditEvents.map((event) => `\`${event}\``),
  )
})

test("dependencies.md gives a reason for each dependency", () => {
  const manifest = JSON.parse(readProjectFile("package.json")) as {
    readonly dependencies: object
    readonly devDependencies: object
  }
  const page = readPage("docs/dependencies.md")
  const written = tableOf(page, "Dependency").map(([name]) => name?.replaceAll("`", ""))
  assert.deepEqual(written.sort(), Object.keys(manifest.dependencies).sort())
  for (const name of Object.keys(manifest.devDependencies)) {
    if (!name.startsWith("@types/")) assert.ok(page.text.includes(`\`${name}\``), name)
  }
})

/** Servers of performance.md, where the results call them otherwise. */
const namesInResults: Readonly<Record<string, string>> = {
  "Fastify + @fastify/jwt with the best cache": "Fastify, cache: 131,072",
  "Koa + koa-jwt, with a KeyObject": "Koa + koa-jwt, KeyObject",
  "Express + express-jwt, with a KeyObject": "Express + express-jwt, KeyObject",
}

test("performance.md has the ratios of the last run", () => {
  const scenarios = ["one token", "10,000 tokens in turn", "invalid tokens"].map((scenario) => {
    const { text } = readPage("bench/results/results.md")
    const section = text.slice(text.indexOf(`## Guarded GET, ${scenario}\n`))
    return tableOf(
      { name: scenario, text: section.replace("| | ratio", "| Server | ratio") },
      "Server",
    )
  })
  const page = readPage("docs/performance.md")
  const rows = tableOf({ ...page, text: page.text.replace("| | one", "| Server | one") }, "Server")
  assert.ok(rows.length > 4)
  for (const [name = "", ...ratios] of rows) {
    const plain = name.replaceAll("`", "")
    const measured = scenarios.map(
      (scenario) => scenario.find(([server]) => server === (namesInResults[plain] ?? plain))?.[2],
    )
    assert.deepEqual(ratios, measured, name)
  }
})

test("examples/deploy/env.example names settings, and what the compose file reads", () => {
  const names = [...readProjectFile("examples/deploy/env.example").matchAll(/^(\w+)=/gm)]
  const compose = readProjectFile("docker-compose.yml")
  assert.ok(names.length > 3)
  for (const [, name = ""] of names) {
    assert.ok(compose.includes(`\${${name}`), name)
    if (name !== "PUBLISHED_PORT") assert.ok(settingNames.includes(name), name)
  }
})

function settingRow({ name, help, fallback, shownDefault, secret }: Setting): string[] {
  const standard = shownDefault ?? fallback
  return [`\`${name}\`${secret ? " ¹" : ""}`, standard === null ? "" : `\`${standard}\``, help]
}

/** The rows of the table below a heading of guessing.md. */
function rowsBelow(heading: string, column: string): readonly (readonly string[])[] {
  const { name, text } = readPage("docs/guessing.md")
  return tableOf({ name, text: text.slice(text.indexOf(`## ${heading}\n`)) }, column)
}

function ratesBelow(heading: string, column: string): readonly Rate[] {
  return rowsBelow(heading, column).map(([, atOnce, then]) => ({
    capacity: numberIn(atOnce),
    secondsPerToken: secondsPerOne(then),
  }))
}

function figuresOf({ capacity, secondsPerToken }: Rate): Rate {
  return { capacity, secondsPerToken }
}

function numberIn(text = ""): number {
  return Number(/[\d,]+/.exec(text)?.[0].replace(",", ""))
}

/** "one in 2 minutes", "one a second" or "5 in a second". */
function secondsPerOne(text = ""): number {
  const [, count = "", each = ""] = /^(\w+) (?:in )?(.+?)(?::.*)?$/.exec(text) ?? []
  const seconds = numberIn(/\d/.test(each) ? each : "1") * (each.includes("minute") ? 60 : 1)
  return count === "one" ? seconds : seconds / Number(count)
}

test("troubleshooting.md lists the warnings of `postern status`, in their order", () => {
  const written = tableOf(readPage("docs/troubleshooting.md"), "Code").map(([code]) => code)
  assert.deepEqual(
    written,
    warningCodes.map((code) => `\`${code}\``),
  )
})
