// Service tokens through nginx, Caddy and HAProxy: Git itself clones and pushes by Basic, and what
// a proxy must pass on for that.

import assert from "node:assert/strict"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { noGit, runGit, startGitServer } from "../support/git_server.ts"
import { gitHost, photosHost, startProtectedSite } from "../support/protected_site.ts"
import {
  freePorts,
  noProxies,
  type ProxyProgram,
  proxyPrograms,
} from "../support/proxy_programs.ts"
import { guardForTests, opening, startGuard } from "../support/site_browser.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const guard = guardForTests()
const basicChallenge = 'Basic realm="postern", charset="UTF-8"'

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` })

async function tokenOf(run: (words: readonly string[]) => Promise<string>, name: string) {
  const { token } = JSON.parse(await run(["token", "create", name, "--json"]))
  return String(token)
}

/** A Git server behind a proxy, on a port that Git can write into an address. */
async function gitSite(t: TestContext, program: ProxyProgram) {
  const server = await startGitServer(t)
  const [port = 0] = await freePorts(1)
  const issuer = `https://login.home.example:${port}`
  const hosts = `${gitHost}:${port} machine user=svc:ci|svc:other`
  const { port: posternPort, run } = await startGuard(t, {
    ...{ POSTERN_PROTECT: hosts, POSTERN_ISSUER: issuer },
  })
  const edit = (text: string) => text.replace(`${port} "";`, '443 "";')
  const more = { gitPort: server.port, port, edit }
  await startProtectedSite(t, { program, posternPort, ...more })
  const directory = temporaryDirectory(t)
  const git = (...words: readonly string[]) => runGit(words, { directory, host: gitHost, port })
  const urlFor = (user: string, token: string) =>
    `https://${user}:${token}@${gitHost}:${port}/project.git`
  return { server, run, git, urlFor, directory, url: `https://${gitHost}:${port}/project.git` }
}

for (const program of proxyPrograms) {
  test(`${program}: Git clones and pushes by a service token, until it is revoked`, {
    skip: noProxies || noGit,
  }, async (t) => {
    const { server, run, git, url, urlFor, directory } = await gitSite(t, program)
    const token = await tokenOf(run, "ci")
    const anonymous = await git("clone", url, "nobody")
    assert.match(anonymous.output, /could not read Username|Authentication failed/i)
    const wrong = await git("clone", urlFor("alice", "wonderland"), "alice")
    assert.match(wrong.output, /Authentication failed/)
    assert.deepEqual(server.reached, [])

    const cloned = await git("clone", urlFor("ci", token), "project")
    assert.equal(cloned.exitCode, 0, cloned.output)
    writeFileSync(join(directory, "project", "file.txt"), "x".repeat(3_000_000))
    for (const words of [
      ["add", "."],
      ["commit", "-m", "A file"],
      ["push", "origin", "HEAD:main"],
    ]) {
      const done = await git("-C", "project", ...words)
      assert.equal(done.exitCode, 0, done.output)
    }
    const again = await git("clone", "--branch", "main", urlFor("ci", token), "again")
    assert.equal(again.exitCode, 0, again.output)
    assert.deepEqual(new Set(server.reached.map(({ user }) => user)), new Set(["svc:ci"]))
    assert.ok(server.reached.every(({ authorization }) => authorization === undefined))

    await run(["token", "revoke", "ci"])
    const count = server.reached.length
    const refused = await git("-C", "again", "fetch")
    assert.match(refused.output, /Authentication failed/)
    assert.equal(server.reached.length, count)
  })

  test(`${program}: asks programs for Basic, and never a browser`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const ask = (headers: Record<string, string>, more: object = {}) =>
      site.ask({ host: gitHost, headers, ...more })
    for (const method of ["GET", "PROPFIND", "POST", "OPTIONS"]) {
      const { status, headers } = await ask({}, { method })
      assert.deepEqual([status, headers["www-authenticate"]], [401, basicChallenge], method)
    }
    const { headers: said } = await ask(basic("alice:wonderland"))
    assert.equal(said["www-authenticate"], basicChallenge)
    for (const headers of [
      { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
      { "sec-fetch-site": "cross-site" },
      { cookie: "a=b" },
      { origin: "https://a.example" },
      { referer: "https://a.example/" },
      { "x-requested-with": "XMLHttpRequest" },
    ]) {
      const reply = await ask(headers)
      assert.equal(reply.status, 401)
      assert.doesNotMatch(
        String(reply.headers["www-authenticate"]),
        /basic/i,
        JSON.stringify(headers),
      )
    }
    const page = await ask(opening)
    assert.equal(page.status, 302)
    assert.doesNotMatch(String(page.headers["www-authenticate"]), /basic/i)
    const photos = await site.ask({ host: photosHost })
    assert.doesNotMatch(String(photos.headers["www-authenticate"]), /basic/i)
    assert.deepEqual(site.reached, [])
  })

  test(`${program}: an app gets the machine's name, and not its token`, {
    skip: noProxies,
  }, async (t) => {
    const site = await startProtectedSite(t, { program, posternPort: guard.port })
    const token = await tokenOf(guard.run, `app-${program}`)
    const name = `app-${program}`
    for (const headers of [basic(`${name}:${token}`), { authorization: `Bearer ${token}` }]) {
      const spoofed = { ...headers, "remote-user": "admin", remote_user: "admin" }
      const reply = await site.ask({
        host: gitHost,
        method: "PUT",
        headers: spoofed,
        body: "a body",
      })
      assert.equal(reply.status, 200)
      const reached = site.reached.pop()
      assert.deepEqual(
        ["remote-user", "remote_user", "authorization"].map((one) => reached?.headers.get(one)),
        [`svc:${name}`, undefined, undefined],
      )
      assert.equal(reached?.body, "a body")
      assert.match(String(reached?.headers.get("x-postern-token")), /^eyJ/)
    }
  })
}
