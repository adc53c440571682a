// The verifiers of X-Postern-Token for apps, in Node and in Python, against a running Postern.

import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { type TestContext, test } from "node:test"
import { setTimeout as pause } from "node:timers/promises"
import { createAppTokenVerifier } from "../../examples/verify_app_token_in_node.ts"
import { postLogin } from "../support/http_client.ts"
import { startPostern } from "../support/postern_process.ts"
import { freePorts } from "../support/proxy_programs.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const issuer = "https://login.home.example"
const app = "https://photos.home.example"
const other = "https://git.example.net"

const pythons = ["python3", "/usr/bin/python3"]
const python = pythons.find((one) => {
  return spawnSync(one, ["-c", "import jwt, cryptography"]).status === 0
})
const noPython =
  python === undefined && "not installed: apt-get install python3-jwt python3-cryptography"
if (process.env["TEST_PROXIES"] === "required") assert.equal(noPython, false)

/** Tokens of one login, by what they are, and where Postern is. */
async function startWithTokens(t: TestContext) {
  const { url } = await startPostern(t, {
    POSTERN_DATA_DIR: temporaryDirectory(t),
    POSTERN_ISSUER: issuer,
    POSTERN_TRUSTED_PROXIES: "127.0.0.1",
    POSTERN_PROTECT: "photos.home.example bearer\ngit.example.net bearer",
    POSTERN_SEED_USERS: "alice:wonderland",
  })
  const access = String((await postLogin(url, "alice", "wonderland")).body["access_token"])
  const tokenFor = async (origin: string) => {
    const { headers } = await fetch(`${url}/verify/proxy`, {
      headers: {
        ...{ authorization: `Bearer ${access}`, "x-forwarded-host": origin.slice(8) },
        ...{ "x-forwarded-method": "GET", "x-forwarded-proto": "https", "x-forwarded-uri": "/" },
      },
    })
    return headers.get("x-postern-token") ?? ""
  }
  const good = await tokenFor(app)
  assert.match(good, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  const [head = "", claims = "", signature = ""] = good.split(".")
  const unsigned = Buffer.from('{"alg":"none","typ":"postern-app+jwt"}').toString("base64url")
  const strange = Buffer.from('{"alg":"ES256","typ":"postern-app+jwt","kid":"x"}')
  return {
    ...{ url, good },
    bad: {
      "an access token": access,
      "that of another app": await tokenFor(other),
      "one with another signature": `${head}.${claims}.${signature.slice(0, -8)}AAAAAAAA`,
      "one without a signature": `${unsigned}.${claims}.`,
      "one of an unknown key": `${strange.toString("base64url")}.${claims}.${signature}`,
      ...{ garbage: "a.b.c", "no token": "" },
    },
  }
}

test("createAppTokenVerifier() takes the token of its app alone", async (t) => {
  const { url, good, bad } = await startWithTokens(t)
  const verify = createAppTokenVerifier(issuer, { app, address: url })
  assert.equal((await verify(good))?.sub, "alice")
  for (const [what, token] of Object.entries(bad)) assert.equal(await verify(token), null, what)
  assert.equal(await verify(undefined), null)
  assert.equal(await verify([good, good]), null)
})

test("createAppTokenVerifier() says so when the keys can't be had", async (t) => {
  const { good } = await startWithTokens(t)
  const [nobodys] = await freePorts(1)
  const address = `http://127.0.0.1:${nobodys}`
  await assert.rejects(createAppTokenVerifier(issuer, { app, address })(good))
})

test("verify_app_token_in_python.py takes the token of its app alone", {
  skip: noPython,
}, async (t) => {
  const { url, good, bad } = await startWithTokens(t)
  const [port = 0] = await freePorts(1)
  const settings = { ISSUER: issuer, APP: app, ADDRESS: url, PORT: String(port) }
  const child = spawn(python ?? "", ["examples/verify_app_token_in_python.py"], {
    env: { ...process.env, ...settings },
    stdio: "ignore",
  })
  t.after(async () => {
    child.kill("SIGKILL")
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
  })
  const ask = async (token: string): Promise<string> => {
    for (let round = 0; round < 100; round += 1) {
      const headers = { "x-postern-token": token }
      const reply = await fetch(`http://127.0.0.1:${port}/`, { headers }).catch(() => null)
      if (reply !== null) return `${reply.status} ${await reply.text()}`
      await pause(50)
    }
    return assert.fail("The app did not start")
  }
  assert.equal(await ask(good), "200 Hello alice\n")
  for (const [what, token] of Object.entries(bad)) {
    assert.equal(await ask(token), "401 Nobody is logged in\n", what)
  }
})
