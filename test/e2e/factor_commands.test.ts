// The operator's commands for second factors, as they are typed: beside a service that runs, and
// when it has stopped.

import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { runPostern, startPostern } from "../support/postern_process.ts"
import { codeFor } from "../support/second_factor.ts"
import { setUp } from "../support/set_up.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const password = "korrekt-pferd-batterie"
const carol = { username: "carol", password }

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
}

/** Sends JSON, as a client of the API does. */
async function post(url: string, json: object, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(json),
  })
  return { status: response.status, body: (await response.json()) as Answer["body"] }
}

/** Sets an authenticator app up, and gives the token of the session. */
async function enrol(url: string): Promise<string> {
  const { access_token: token = "" } = (await post(`${url}/login`, carol)).body
  const { secret = "" } = (await post(`${url}/mfa/totp`, {}, token)).body
  const code = codeFor(secret, Math.floor(Date.now() / 1000))
  const confirmed = await post(`${url}/mfa/totp/confirm`, { code }, token)
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body))
  return token
}

test("postern user mfa: a user loses an app, twice, with the service and without it", async (t) => {
  const directory = await setUp(join(temporaryDirectory(t), "data"))
  const settings = {
    ...{ POSTERN_DATA_DIR: directory, POSTERN_PAGES: "on", POSTERN_TRUST_DEVICE: "30d" },
    POSTERN_ISSUER: "https://login.example.org",
  }
  const run = async (line: string, input = "") => {
    const { exitCode, stdout, stderr } = await runPostern(line.split(" "), settings, input)
    assert.deepEqual([exitCode, stderr], [0, ""], `${line}: ${stderr}`)
    return stdout
  }
  await run("user add carol", password)
  assert.equal(await run("user mfa list carol"), "User 'carol' has no second factor.\n")

  const { url, output, stop } = await startPostern(t, settings)
  const token = await enrol(url)
  assert.match(
    await run("user mfa list carol"),
    /\notp {7}authenticator app .*\nrecovery {2}10 codes/,
  )
  assert.match(await run("user list"), /\ncarol {5}enabled {2}on /)
  assert.equal((await post(`${url}/login`, carol)).body["error"], "mfa_required")
  assert.equal(
    await run("user mfa reset carol --yes"),
    "Removed all second factors of 'carol' and ended their sessions.\n" +
      "The password alone logs them in.\n",
  )
  assert.match(output(), /"event":"mfa\.reset","user":"carol","reason":"all"/)
  assert.equal((await post(`${url}/mfa/totp`, {}, token)).status, 401)

  await enrol(url)
  assert.match(
    await run("user reset carol --mfa"),
    /\nhttps:\/\/login\.example\.org\/reset\?t=pti_/,
  )
  // The link was not used.
  assert.equal((await post(`${url}/login`, carol)).body["error"], "mfa_required")
  await stop()

  const { methods } = JSON.parse(await run("user mfa list carol --json"))
  assert.deepEqual(methods, ["otp", "recovery"])
  const refused = await runPostern(["user", "mfa", "reset", "carol"], settings)
  assert.equal(refused.exitCode, 2)
  assert.equal(
    await run("user mfa reset carol --method otp --yes"),
    "Removed the authenticator app of 'carol' and ended their sessions.\n" +
      "The password alone logs them in.\n" +
      `Written to '${directory}', since no service runs there.\n`,
  )
  assert.equal(await run("user mfa list carol"), "User 'carol' has no second factor.\n")
})
