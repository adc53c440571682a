import assert from "node:assert/strict"
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { connect, createServer } from "node:net"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import {
  askLocally,
  isListenedOn,
  type LineHandler,
  listenLocally,
  NobodyListens,
  socketPathBytesMax,
} from "../../src/system/unix_socket.ts"
import { shortDirectoryFarAway } from "../support/far_directory.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

const echo: LineHandler = async (line) => `heard ${line}`

test("askLocally() gives the answer to a line", async (t) => {
  const path = await listening(t, echo)
  assert.equal(await askLocally(path, "hello"), "heard hello")
  assert.equal(await askLocally(path, ""), "heard ")
  assert.equal(await askLocally(path, "Grüße 🌍"), "heard Grüße 🌍")
})

test("askLocally() serves many at once and long answers", async (t) => {
  const path = await listening(t, async (line) => line.repeat(1000))
  const lines = Array.from({ length: 50 }, (_, index) => `${index},`)
  const answers = await Promise.all(lines.map((line) => askLocally(path, line)))
  assert.deepEqual(
    answers,
    lines.map((line) => line.repeat(1000)),
  )
})

test("askLocally() rejects with NobodyListens for a missing socket and for a dead one", async (t) => {
  const directory = temporaryDirectory(t)
  const dead = join(directory, "dead.sock")
  writeFileSync(dead, "")
  for (const path of [join(directory, "none.sock"), dead]) {
    await assert.rejects(askLocally(path, "hello"), (error) => {
      assert.ok(error instanceof NobodyListens)
      assert.equal(error.message, `Nobody listens at '${path}'`)
      return true
    })
    assert.equal(await isListenedOn(path), false)
  }
})

test("askLocally() rejects when the connection ends without an answer", async (t) => {
  const path = await listening(t, async () => {
    throw new Error("a secret of the service")
  })
  await assert.rejects(askLocally(path, "hello"), {
    name: "Error",
    message: "The connection ended without an answer",
  })
})

test("askLocally() passes other errors on", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "file"), "")
  const path = join(directory, "file", "below.sock")
  await assert.rejects(askLocally(path, "hello"), { code: "ENOTDIR" })
  assert.equal(await isListenedOn(path), true, "it is not certain that nobody is there")
})

test("listenLocally() rejects where there is a name already", async (t) => {
  const path = await listening(t, echo)
  await assert.rejects(listenLocally(path, echo), { code: "EADDRINUSE" })
  assert.equal(await askLocally(path, "still"), "heard still")
})

test("listenLocally() answers the first line only, however it arrives", async (t) => {
  const heard: string[] = []
  const path = await listening(t, async (line) => {
    heard.push(line)
    return "ok"
  })
  const socket = connect(path)
  for (const part of ["one ", "li", "ne\nanother\n"]) socket.write(part)
  const chunks = await socket.toArray()
  assert.equal(Buffer.concat(chunks).toString(), "ok\n")
  assert.deepEqual(heard, ["one line"])
})

test("listenLocally() ignores what follows while the answer is made", async (t) => {
  const heard: string[] = []
  let secondCame = (_answer: string) => {}
  const path = await listening(t, (line) => {
    heard.push(line)
    socket.write("second\n", () => secondCame("ok"))
    return new Promise<string>((resolve) => {
      secondCame = resolve
    })
  })
  const socket = connect(path)
  socket.write("first\n")
  assert.equal(Buffer.concat(await socket.toArray()).toString(), "ok\n")
  assert.deepEqual(heard, ["first"])
})

test("listenLocally() drops a line without an end", async (t) => {
  const path = await listening(t, async () => assert.fail("it was answered"))
  const socket = connect(path)
  socket.on("error", () => {})
  socket.write("x".repeat(65_537))
  await new Promise((resolve) => socket.once("close", resolve))
  assert.equal(await isListenedOn(path), true)
})

test("LocalSocket close() ends waiting connections and takes no more", async (t) => {
  const path = join(temporaryDirectory(t), "a.sock")
  const listened = await listenLocally(path, echo)
  const socket = connect(path)
  await new Promise((resolve) => socket.once("connect", resolve))
  assert.equal(
    await askLocally(path, "the connection above is taken now"),
    "heard the connection above is taken now",
  )
  const ended = new Promise((resolve) => socket.once("close", resolve))
  await listened.close()
  await ended
  assert.equal(await isListenedOn(path), false)
  assert.equal(existsSync(path), false)
})

test("LocalSocket close() waits for the answer that is being made", async (t) => {
  const path = join(temporaryDirectory(t), "a.sock")
  let letGo = () => {}
  const answer = new Promise<string>((resolve) => {
    letGo = () => resolve("late")
  })
  let closed: Promise<void> | null = null
  const listened = await listenLocally(path, () => {
    closed = listened.close()
    letGo()
    return answer
  })
  assert.equal(await askLocally(path, "hello"), "late")
  await closed
})

test("LocalSocket close() does not wait for a client that does not read", async (t) => {
  const path = join(temporaryDirectory(t), "a.sock")
  const listened = await listenLocally(path, async () => "x".repeat(10_000_000))
  const socket = connect(path).on("error", () => {})
  socket.write("hello\n")
  await new Promise((resolve) => socket.once("readable", resolve))
  await listened.close()
  assert.equal(await isListenedOn(path), false)
  socket.destroy()
})

test("a path too long for a socket is refused, never cut off", async (t) => {
  const parent = shortDirectoryFarAway(t)
  const directory = join(parent, "d".repeat(100))
  mkdirSync(directory)
  const path = join(directory, "a.sock")
  const refusal = {
    name: "OperatorError",
    message: `The path of a Unix socket is too long: '${path}'`,
    hint: `It can have ${socketPathBytesMax} bytes. Set POSTERN_DATA_DIR to a shorter one.`,
    exitCode: 78,
  }
  await assert.rejects(listenLocally(path, echo), refusal)
  await assert.rejects(askLocally(path, "hello"), refusal)
  await assert.rejects(isListenedOn(path), refusal)
  assert.deepEqual(readdirSync(parent), ["d".repeat(100)])
  assert.deepEqual(readdirSync(directory), [])
})

test("a path of exactly as many bytes as there may be works", async (t) => {
  const directory = shortDirectoryFarAway(t)
  const path = join(directory, "a".repeat(socketPathBytesMax - directory.length - 1))
  const listened = await listenLocally(path, echo)
  assert.deepEqual(readdirSync(directory), [path.slice(directory.length + 1)])
  assert.equal(await askLocally(path, "hello"), "heard hello")
  await listened.close()
})

test("a long path below the working directory is shortened", async (t) => {
  const before = process.cwd()
  const directory = join(temporaryDirectory(t), "d".repeat(100))
  mkdirSync(directory)
  process.chdir(directory)
  t.after(() => process.chdir(before))
  const path = join(directory, "a.sock")
  const listened = await listenLocally(path, echo)
  assert.equal(await askLocally(path, "hello"), "heard hello")
  await listened.close()
})

test("isListenedOn() is true for a listener that never answers", async (t) => {
  const path = join(temporaryDirectory(t), "mute.sock")
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(path, resolve))
  chmodSync(path, 0o600)
  assert.equal(await isListenedOn(path), true)
  await new Promise((resolve) => server.close(resolve))
})

async function listening(t: TestContext, answer: LineHandler): Promise<string> {
  const path = join(temporaryDirectory(t), "a.sock")
  const listened = await listenLocally(path, answer)
  t.after(() => listened.close())
  return path
}
