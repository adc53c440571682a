// The control socket as it is: a real one, in a temporary directory.

import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs"
import { createConnection, createServer } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { askService, openControl } from "../../src/admin/socket.ts"
import { OperatorError } from "../../src/errors.ts"
import { machineDisk } from "../../src/system/disk.ts"
import { createCollectedLog } from "../support/collected_log.ts"
import { noParts } from "../support/control_directory.ts"
import { noFactorCommands } from "../support/factor_commands.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"
import { createTestService, type TestService } from "../support/test_service.ts"

const password = "korrekt-pferd-batterie"

async function openTestControl(t: TestContext, directory = temporaryDirectory(t)) {
  const service = await createTestService(t)
  const control = await openControl({
    directory,
    accounts: service.accounts,
    keys: service.keys,
    factorCommands: noFactorCommands,
    longAnswers: service.longAnswers,
    links: null,
    serviceTokens: service.serviceTokens,
    disk: machineDisk,
    isInPlace: () => true,
    log: service.log.log,
  })
  t.after(() => control.close())
  return { ...service, directory, path: join(directory, "control.sock"), control }
}

/** Sends bytes and gives all that comes back until the end. */
async function send(path: string, text: string, { end = false } = {}): Promise<string> {
  const socket = createConnection(path)
  let answer = ""
  socket.setEncoding("utf8")
  socket.on("data", (chunk) => {
    answer += chunk
  })
  // The other side may close before it has read everything.
  socket.on("error", () => {})
  if (end) socket.end(text)
  else socket.write(text)
  await once(socket, "close")
  return answer
}

async function names({ accounts }: Pick<TestService, "accounts">): Promise<string[]> {
  return (await accounts.list()).map(({ username }) => username)
}

test("openControl() runs commands that askService() sends", async (t) => {
  const { accounts, directory, log } = await openTestControl(t)
  const added = await askService(directory, { command: "user.add", username: "carol", password })
  assert.equal(added?.ok, true)
  assert.deepEqual(await names({ accounts }), ["alice", "bob", "carol"])
  assert.deepEqual(await askService(directory, { command: "user.delete", username: "dora" }), {
    ok: false,
    code: "not_found",
    msg: "There is no user 'dora'",
  })
  assert.deepEqual(log.takeNames().slice(-1), ["user.added"])
  assert.doesNotMatch(log.lines.join(""), /korrekt/)
})

test("openControl() makes a socket for its owner only", async (t) => {
  const { path } = await openTestControl(t)
  const found = lstatSync(path)
  assert.ok(found.isSocket())
  assert.equal(found.mode & 0o777, 0o600)
})

test("openControl() says what stands in its way", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, "control.sock")
  mkdirSync(path)
  const { log } = createCollectedLog()
  const nothing = noParts
  const opened = openControl({
    directory,
    ...nothing,
    disk: machineDisk,
    isInPlace: () => true,
    log,
  })
  await assert.rejects(opened, {
    name: "OperatorError",
    message: /^The control socket '.*control\.sock' can't be made \(ERR_FS_EISDIR\)$/,
    hint: "A directory is there instead of a file. Docker makes one where a file to mount is missing. Check POSTERN_DATA_DIR.",
    exitCode: 65,
  })
})

test("openControl() leaves the socket of another alone when it closes", async (t) => {
  for (const isInPlace of [true, false]) {
    const directory = temporaryDirectory(t)
    const path = join(directory, "control.sock")
    const { log } = createCollectedLog()
    const world = { disk: machineDisk, log, isInPlace: () => isInPlace }
    const control = await openControl({ directory, ...noParts, ...world })
    if (isInPlace) {
      renameSync(path, `${path}.old`)
      writeFileSync(path, "of another")
    }
    await control.close()
    assert.equal(existsSync(path), true, `in its place: ${isInPlace}`)
  }
})

test("openControl() goes without where the file system has no sockets, and says so", async (t) => {
  const directory = temporaryDirectory(t)
  const collected = createCollectedLog()
  const nothing = noParts
  const refuse = () => Promise.reject(Object.assign(new Error("made by a test"), { code: "EPERM" }))
  const disk = { ...machineDisk, chmod: refuse }
  const control = await openControl({
    ...{ directory, ...nothing, log: collected.log, disk, isInPlace: () => true },
  })
  await control.close()
  const { level, event, message } = collected.events.at(-1) ?? {}
  assert.deepEqual([level, event], ["warn", "control.none"])
  const why = `No Unix socket can be made in '${directory}' (EPERM)`
  assert.equal(message, `${why}: commands can't reach this service. Stop it before you run one`)
  assert.deepEqual(readdirSync(directory), [])
})

test("openControl() answers many at a time", async (t) => {
  const { accounts, directory } = await openTestControl(t)
  const adding = Array.from({ length: 20 }, (_, index) =>
    askService(directory, { command: "user.add", username: `user${index % 10}`, password }),
  )
  const answers = await Promise.all(adding)
  assert.equal(answers.filter((answer) => answer?.ok).length, 10)
  assert.equal((await names({ accounts })).length, 12)
})

const unanswered: Readonly<Record<string, string>> = {
  "no JSON": "user.list\n",
  "an empty line": "\n",
  "a list": '[{"command":"user.list"}]\n',
  "half of it": '{"command":"user.list"\n',
  "a member that stands twice": '{"command":"user.list","command":"user.delete"}\n',
  "a byte order mark": '\ufeff{"command":"user.list"}\n',
  "a line without an end": "x".repeat(70_000),
}

for (const [name, text] of Object.entries(unanswered)) {
  test(`openControl() closes on ${name}, and goes on`, async (t) => {
    const { directory, path, log } = await openTestControl(t)
    log.takeNames()
    assert.equal(await send(path, text), "")
    assert.deepEqual(log.takeNames(), [])
    assert.equal((await askService(directory, { command: "user.list" }))?.ok, true)
  })
}

test("openControl() does nothing for a line whose sender went away before its end", async (t) => {
  const { accounts, path } = await openTestControl(t)
  assert.equal(await send(path, '{"command":"user.delete","username":"bob"}', { end: true }), "")
  assert.deepEqual(await names({ accounts }), ["alice", "bob"])
})

test("openControl() answers the first line, and no second", async (t) => {
  const { accounts, path } = await openTestControl(t)
  const bob = '{"command":"user.delete","username":"bob"}\n'
  const alice = '{"command":"user.delete","username":"alice"}\n'
  assert.equal(await send(path, bob + alice), '{"ok":true,"value":null}\n')
  assert.deepEqual(await names({ accounts }), ["alice"])
})

test("openControl() answers HTTP with nothing: no browser can be led here", async (t) => {
  const { path } = await openTestControl(t)
  const answer = await send(path, "POST / HTTP/1.1\r\nHost: x\r\n\r\n{}")
  assert.equal(answer, "")
})

test("openControl() replaces the socket that a killed service left behind", async (t) => {
  const directory = temporaryDirectory(t)
  const path = join(directory, "control.sock")
  // A process that ends at once, without closing: its socket's name stays.
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`
  spawnSync(process.execPath, ["--eval", script])
  assert.ok(lstatSync(path).isSocket())
  assert.equal(await askService(directory, { command: "user.list" }), null)
  await openTestControl(t, directory)
  assert.equal((await askService(directory, { command: "user.list" }))?.ok, true)
})

test("askService() gives null where nobody listens", async (t) => {
  const { directory, path, control } = await openTestControl(t)
  await control.close()
  assert.equal(existsSync(path), false)
  assert.equal(await askService(directory, { command: "user.list" }), null)
  assert.equal(await askService(join(directory, "none"), { command: "user.list" }), null)
})

const broken = "Is POSTERN_DATA_DIR the service's? Its log says more."

function notReached(directory: string, why: RegExp, hint = broken) {
  return (error: unknown) => {
    assert.ok(error instanceof OperatorError)
    assert.ok(error.message.startsWith(`The service of '${directory}' can't be reached: `))
    assert.match(error.message, why)
    assert.equal(error.hint, hint)
    assert.equal(error.exitCode, 69)
    return true
  }
}

test("askService() reports a path that is not a directory", async (t) => {
  const file = join(temporaryDirectory(t), "file")
  writeFileSync(file, "")
  const asking = askService(file, { command: "user.list" })
  const hint = "A part of the path is a file where a directory should be. Check POSTERN_DATA_DIR."
  await assert.rejects(asking, notReached(file, /ENOTDIR/, hint))
})

test("askService() reports a path that is too long for a socket", async () => {
  const directory = `/${"x".repeat(150)}`
  await assert.rejects(askService(directory, { command: "user.list" }), {
    name: "OperatorError",
    message: /^The path of a Unix socket is too long: /,
  })
})

const brokenAnswers: Readonly<Record<string, RegExp>> = {
  "": /The connection ended without an answer$/,
  '{"ok":true': /The connection ended without an answer$/,
  "no JSON\n": /JSON/,
}

for (const [answer, why] of Object.entries(brokenAnswers)) {
  test(`askService() does not take ${JSON.stringify(answer)} for an answer`, async (t) => {
    const directory = temporaryDirectory(t)
    const server = createServer((socket) => socket.once("data", () => socket.end(answer)))
    server.listen(join(directory, "control.sock"))
    t.after(() => server.close())
    await once(server, "listening")
    const asking = askService(directory, { command: "user.list" })
    await assert.rejects(asking, notReached(directory, why))
  })
}
