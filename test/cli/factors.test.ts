// `postern user mfa …` and `postern user reset --mfa`: what they print, ask and refuse, while the
// service runs and while it does not.

import assert from "node:assert/strict"
import { join } from "node:path"
import { Readable } from "node:stream"
import { type TestContext, test } from "node:test"
import type { Factors } from "../../src/domain/factors.ts"
import { openJsonStore } from "../../src/store/json/open_json_store.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { sampleFactors, samplePasskey, sampleTrusted } from "../store/sample_factors.ts"
import { sampleUser } from "../store/sample_user.ts"
import { openControlDirectory } from "../support/control_directory.ts"
import { factorCommandsOf } from "../support/factor_commands.ts"
import { createFakeTerminal } from "../support/fake_terminal.ts"
import { setUp, withoutPlace } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService } from "../support/test_service.ts"
import { CommandFailure, runTyped } from "../support/typed.ts"

const year = 365 * 86_400
const trusted = { ...sampleTrusted("d1"), expiresAt: sampleTrusted("d1").createdAt + 20 * year }
const factors = sampleFactors({
  passkeys: [samplePasskey("p1", { name: "Key of \u001b[2J", lastUsedAt: 1_795_447_000 })],
  ...{ failures: 3, trusted: [trusted] },
})

/** Prepares carol, behind a running service or in a directory of nobody's. */
async function prepare(
  t: TestContext,
  isRunning: boolean,
  { factors: kept = factors, required = false }: { factors?: Factors | null; required?: boolean },
) {
  const user = sampleUser("carol", { factors: kept })
  const requirement = required ? ({ kind: "all" } as const) : ({ kind: "none" } as const)
  let directory: string
  if (isRunning) {
    const service = await createTestService(t, { trustSeconds: 20 * year, requirement })
    await service.store.users.create(user)
    const factorCommands = factorCommandsOf(service, { requirement })
    directory = await openControlDirectory(t, { accounts: service.accounts, factorCommands })
  } else {
    directory = await setUp(join(temporaryDirectory(t), "data"))
    const store = await openJsonStore({ directory, disk: machineDisk, warn: () => {} })
    await store.users.create(user)
    await store.close()
  }
  const environment = {
    ...{ POSTERN_DATA_DIR: directory, POSTERN_TRUST_DEVICE: "400d" },
    ...{ POSTERN_REQUIRE_MFA: required ? "all" : "none" },
  }
  const run = async (words: string, input?: Readable) => {
    const terminal = createFakeTerminal(environment, input)
    await runTyped(["user", ...words.split(" ")], terminal)
    return { printed: withoutPlace(terminal.stdout(), directory), whole: terminal.stdout() }
  }
  return { directory, run }
}

function failure(message: string, hint: string, exitCode: number) {
  return (error: unknown) => {
    assert.ok(error instanceof CommandFailure)
    assert.deepEqual([error.message, error.hint, error.exitCode], [message, hint, exitCode])
    return true
  }
}

test("postern user mfa list shows methods, times and remarks", async (t) => {
  const { run } = await prepare(t, true, {})
  assert.equal(
    (await run("mfa list Carol")).whole,
    `METHOD            NAME               SINCE                 LAST USED
otp               authenticator app  2026-11-23T15:21:40Z  2026-11-23T15:29:00Z
passkey           Key of \\u001b[2J   2026-11-23T15:23:20Z  2026-11-23T15:16:40Z
recovery          10 codes left      -                     -
(trusted device)  Browser/1.0        2026-11-23T15:30:00Z  until 2046-11-18T15:30:00Z
Wrong codes in a row: 3.
`,
  )
})

const remarks: readonly (readonly [
  what: string,
  kept: Factors | null,
  required: boolean,
  printed: RegExp,
])[] = [
  ["without one", null, false, /^User 'carol' has no second factor\.\n$/],
  [
    "who must set one up",
    null,
    true,
    /^User 'carol' has no second factor\.\nUser 'carol' has to set one up at the next login\.\n$/,
  ],
  [
    "who must keep one",
    sampleFactors(),
    true,
    /\nrecovery {2}10 codes left .*\nA second factor is required\.\n$/,
  ],
  [
    "who is locked",
    sampleFactors({ failures: 100 }),
    false,
    /\nNo code counts after 100 wrong ones: `postern user unlock carol` changes that\.\n$/,
  ],
  [
    "with a passkey that was never used",
    sampleFactors({ totp: null, passkeys: [samplePasskey("p1")], recoveryCodes: [] }),
    false,
    /\npasskey {3}Key p1 .*Z {2}never\nrecovery {2}0 codes left /,
  ],
]

for (const [what, kept, required, printed] of remarks) {
  for (const isRunning of [true, false]) {
    const state = isRunning ? "while the service runs" : "while no service runs"
    test(`postern user mfa list of a user ${what}, ${state}`, async (t) => {
      const { run } = await prepare(t, isRunning, { factors: kept, required })
      assert.match((await run("mfa list carol")).whole, printed)
    })
  }
}

test("postern user mfa list --json prints one object, in the words of GET /mfa", async (t) => {
  const { run } = await prepare(t, true, {})
  const { whole } = await run("mfa list carol --json")
  assert.match(whole, /^\{.*\}\n$/)
  const passkey = { name: "Key of \u001b[2J", synced: false, created_at: 1_795_447_400 }
  assert.deepEqual(JSON.parse(whole), {
    ...{ username: "carol", required: false, methods: ["otp", "recovery", "passkey"] },
    totp: { created_at: 1_795_447_300, last_used_at: 1_795_447_740 },
    passkeys: [{ ...passkey, last_used_at: 1_795_447_000 }],
    recovery_codes_left: 10,
    trusted_devices: [
      {
        user_agent: "Browser/1.0",
        ...{ created_at: trusted.createdAt, expires_at: trusted.expiresAt },
      },
    ],
    ...{ wrong_codes: 3, locked: false },
  })
  const none = await prepare(t, true, { factors: null })
  const { totp } = JSON.parse((await none.run("mfa list carol --json")).whole)
  assert.equal(totp, null)
})

for (const isRunning of [true, false]) {
  const state = isRunning ? "while the service runs" : "while no service runs"
  test(`postern user mfa reset removes a method, then all, ${state}`, async (t) => {
    const { run, directory } = await prepare(t, isRunning, {})
    const first = await run("mfa reset carol --method passkey --yes")
    assert.equal(
      first.printed,
      "Removed the passkeys of 'carol' and ended their sessions.\n" +
        "The user still has: otp, recovery.\n",
    )
    const where = `Written to '${directory}', since no service runs there.\n`
    assert.equal(first.whole.endsWith(where), !isRunning)
    assert.equal(
      (await run("mfa reset Carol --yes")).printed,
      "Removed all second factors of 'carol' and ended their sessions.\n" +
        "The password alone logs them in.\n",
    )
    assert.match((await run("list")).whole, /\ncarol {4,}enabled {2}- /)
    await assert.rejects(
      run("mfa reset carol --yes"),
      failure("The user 'carol' has no second factor", "`postern user list` shows the users.", 1),
    )
  })
}

test("postern user mfa reset says that another factor is needed", async (t) => {
  const { run } = await prepare(t, true, { required: true })
  for (const [method, removed] of [
    ["recovery", "the recovery codes"],
    ["otp", "the authenticator app"],
  ]) {
    const { printed } = await run(`mfa reset carol --method ${method} --yes`)
    assert.ok(printed.startsWith(`Removed ${removed} of 'carol'`), printed)
  }
  assert.equal(
    (await run("mfa reset carol --yes")).printed,
    "Removed all second factors of 'carol' and ended their sessions.\n" +
      "User 'carol' has to set one up at the next login.\n",
  )
  assert.match((await run("list")).whole, /\ncarol {4,}enabled {2}required /)
})

test("postern user mfa reset asks first, and changes nothing without a yes", async (t) => {
  const { run } = await prepare(t, true, {})
  const nobody = failure(
    "Nobody can be asked here, since the input is not a terminal",
    "Nothing was changed. Add --yes to go on without a question.",
    2,
  )
  await assert.rejects(run("mfa reset carol"), nobody)
  const terminal = (typed: string) => Object.assign(Readable.from([typed]), { isTTY: true })
  await assert.rejects(run("mfa reset carol", terminal("n\n")), {
    name: "CommandFailure",
    message: /Go on\? \[y\/N\] postern: Nothing was changed\nhint: Answer y to go on\./,
    exitCode: 1,
  })
  assert.match((await run("mfa list carol")).whole, /\npasskey /)
  const { printed } = await run("mfa reset carol", terminal("y\n"))
  assert.match(printed, /^Removed all second factors of 'carol'/)
})

test("postern user mfa refuses mistakes, changes nothing and gives a hint", async (t) => {
  const { run } = await prepare(t, true, {})
  const users = "`postern user list` shows the users."
  const hint = "Nothing was changed."
  const methods = "A method is one of otp, recovery, passkey"
  for (const [words, expected] of [
    ["mfa list dora", failure("There is no user 'dora'", users, 1)],
    ["mfa reset dora --yes", failure("There is no user 'dora'", users, 1)],
    ["mfa reset carol --method totp --yes", failure(methods, hint, 1)],
    ["mfa reset carol --method= --yes", failure(methods, hint, 1)],
    [
      "mfa",
      failure(
        "'postern user mfa' is not a complete command",
        "`postern help user mfa` lists the commands.",
        2,
      ),
    ],
    [
      "mfa reset",
      failure(
        "user mfa reset: wrong arguments",
        "Usage: postern user mfa reset NAME. `postern help user mfa reset` says more.",
        2,
      ),
    ],
  ] as const) {
    await assert.rejects(run(words), expected, words)
  }
  assert.match((await run("mfa list carol")).whole, /\npasskey /)
})

test("postern user list shows second factors and locked users", async (t) => {
  for (const [kept, mfa] of [
    [sampleFactors(), "on"],
    [sampleFactors({ failures: 100 }), "locked"],
    [null, "none"],
  ] as const) {
    const { run } = await prepare(t, false, { factors: kept })
    assert.equal(JSON.parse((await run("list --json")).whole)[0].mfa, mfa)
  }
  const { run } = await prepare(t, false, { factors: sampleFactors({ failures: 100 }) })
  assert.match(
    (await run("list")).whole,
    /^USERNAME {2}STATE {4}MFA {5}CREATED .*\ncarol {5}enabled {2}locked {2}2026/,
  )
  await run("unlock carol")
  assert.match((await run("list")).whole, /\ncarol {5}enabled {2}on {3}2026/)
})
