// `postern key …` in the process of the test: over a directory of its own, and over a control
// socket.

import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { Unavailable } from "../../src/errors.ts"
import type { Keys } from "../../src/service/keys.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"
import { setUp, withoutPlace } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { testSecret } from "../support/test_keys.ts"
import { createTestService } from "../support/test_service.ts"
import { CommandFailure, runTyped } from "../support/typed.ts"

/** Runs a command and gives what it printed. */
async function run(
  directory: string,
  words: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const terminal = createFakeTerminal({ POSTERN_DATA_DIR: directory, ...environment })
  await runTyped(["key", ...words.split(" ")], terminal)
  assert.equal(terminal.stderr(), "")
  return withoutPlace(terminal.stdout(), directory)
}

function failure(message: string, hint: string, exitCode: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CommandFailure)
    assert.deepEqual([error.message, error.hint, error.exitCode], [message, hint, exitCode])
    return true
  }
}

const mistaken = [
  ["retire", "", " KID"],
  ["retire", " a b", " KID"],
  ["list", " all", ""],
  ["rotate", " now", ""],
]

for (const [name, words, takes] of mistaken) {
  test(`postern key ${name}${words} is refused with its usage`, async (t) => {
    const hint = `Usage: postern key ${name}${takes}. \`postern help key ${name}\` says more.`
    const expected = failure(`key ${name}: wrong arguments`, hint, 2)
    await assert.rejects(run(temporaryDirectory(t), `${name}${words}`), expected)
  })
}

for (const word of ["make", "__proto__", "toString"]) {
  test(`postern key ${word} is refused as an unknown command`, async (t) => {
    const hint = "`postern help key` lists the commands."
    const expected = failure(`'postern key ${word}' is not a command`, hint, 2)
    await assert.rejects(run(temporaryDirectory(t), word), expected)
  })
}

const heading = "KID +ALGORITHM +STATE +SIGNS FROM +KEPT UNTIL\n"
const time = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ"
const otherRows = ["refresh", "cookies"]
  .map((name) => `${name} +HMAC-SHA-256 +signing +- +-\n`)
  .join("")

for (const running of [false, true]) {
  const state = running ? "while the service runs" : "while no service runs"
  test(`postern key: list, rotate, retire, ${state}`, async (t) => {
    const directory = running
      ? await openControlDirectory(t, {
          keys: (await createTestService(t, { generated: true })).keys,
        })
      : await setUp(join(temporaryDirectory(t), "data"))
    const one = await run(directory, "list")
    assert.match(
      one,
      new RegExp(`^${heading}[\\w-]{43} +ES256 +signing +${time} +-\n${otherRows}$`),
    )
    const [, first = ""] = one.split("\n")
    const kid = first.slice(0, 43)

    const rotated = await run(directory, "rotate")
    const report = new RegExp(
      `^Published key '([\\w-]{43})'\\. It signs tokens from (${time}) on\\.\n$`,
    )
    const [, added, signsFrom] = report.exec(rotated) ?? []
    assert.match(rotated, report)
    const rows = `${kid} +ES256 +signing +${time} +${time}\n${added} +ES256 +waiting +${signsFrom} +-\n`
    assert.match(await run(directory, "list"), new RegExp(`^${heading}${rows}${otherRows}$`))
    await assert.rejects(
      run(directory, "rotate"),
      failure(
        `The key '${added}' is published already and about to sign`,
        "Nothing was changed. `postern key list` shows the keys.",
        1,
      ),
    )

    for (const retired of [kid, "refresh", "cookies"]) {
      const report = `Retired key '${retired}'. Tokens that it signed are refused from now on.\n`
      assert.equal(await run(directory, `retire ${retired}`), report)
    }
    await assert.rejects(
      run(directory, `retire ${kid}`),
      failure(`There is no key '${kid}'`, "`postern key list` shows the keys.", 1),
    )
    const left = new RegExp(`^${heading}${added} +ES256 +signing +${time} +-\n${otherRows}$`)
    assert.match(await run(directory, "list"), left)
  })
}

test("postern key retire takes a name that begins with -, as one in 64 does", async (t) => {
  for (const kid of [`-${"a".repeat(42)}`, `--${"Z".repeat(41)}`]) {
    const retired: string[] = []
    const retire = async (name: string) => void retired.push(name)
    const keys = { retire } as Partial<Keys> as Keys
    const directory = await openControlDirectory(t, { keys })
    const report = `Retired key '${kid}'. Tokens that it signed are refused from now on.\n`
    for (const words of [
      `retire ${kid}`,
      `retire -- ${kid}`,
      `retire ${kid} --data-dir ${directory}`,
    ]) {
      assert.equal(await run(directory, words), report)
    }
    assert.deepEqual(retired, [kid, kid, kid])
  }
})

test("postern key of a shared secret shows that there is one, and never what it is", async (t) => {
  const settings = { JWT_SECRET_KEY: testSecret }
  const directory = await setUp(join(temporaryDirectory(t), "data"), settings)
  const listed = await run(directory, "list", settings)
  const row = "\\(shared secret\\) +HS256 +signing +- +-\n"
  assert.match(listed, new RegExp(`^${heading}${row}${otherRows}$`))
  assert.ok(!listed.includes(testSecret))
  await assert.rejects(
    run(directory, "rotate", settings),
    failure(
      "The key comes from JWT_SECRET_KEY: change that and start Postern again",
      "Nothing was changed. `postern key list` shows the keys.",
      1,
    ),
  )
})

test("postern key exits 69 when the service can't store the keys", async (t) => {
  const rotate = () => Promise.reject(new Unavailable("The keys could not be stored"))
  const keys = { rotate } as Partial<Keys> as Keys
  const directory = await openControlDirectory(t, { keys })
  const hint =
    "Nothing was changed. Too many logins, a full disk, a data directory that was replaced? The log says more."
  await assert.rejects(run(directory, "rotate"), failure("The keys could not be stored", hint, 69))
})

test("postern key writes what it did to the audit file, while no service runs", async (t) => {
  const file = join(temporaryDirectory(t), "audit.jsonl")
  const audited = { POSTERN_AUDIT_FILE: file }
  const directory = await setUp(join(temporaryDirectory(t), "data"), audited)
  await run(directory, "rotate", audited)
  const lines = readFileSync(file, "utf8").trimEnd().split("\n")
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    ["key.made", "key.rotated"],
  )
})
