import assert from "node:assert/strict"
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { exitCodes, OperatorError, systemCode } from "../../src/errors.ts"
import {
  fileExitCode,
  fileFailure,
  fileHint,
  isFileError,
  listenFailure,
} from "../../src/system/failure.ts"
import { temporaryDirectory } from "../support/temporary_directory.ts"

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by a test`), { code, syscall: "open" })
}

/** All codes that have a hint of their own, and what each is about. */
const ofPaths: readonly (readonly [code: string, about: RegExp, exitCode: number])[] = [
  ["ENOSPC", /^The disk is full/, 69],
  ["EDQUOT", /quota/, 69],
  ["EROFS", /read-only.* POSTERN_X /, 69],
  ["EACCES", /no right.* POSTERN_X\./, 65],
  ["EPERM", /owner .* file system.* POSTERN_X /, 65],
  ["ERR_ACCESS_DENIED", /permission model.* POSTERN_X .*\/data.*\/run\/secrets/, 65],
  ["ENOENT", /not there.* POSTERN_X\./, 65],
  ["ENOTDIR", /file where a directory.* POSTERN_X\./, 65],
  ["EISDIR", /^A directory is there.*Docker.* POSTERN_X\./, 65],
  ["ERR_FS_EISDIR", /^A directory is there/, 65],
  ["ENXIO", /socket, pipe or device.* POSTERN_X\./, 65],
  ["ELOOP", /symbolic link.* POSTERN_X /, 65],
  ["ENAMETOOLONG", /too long.* POSTERN_X /, 65],
  ["EMFILE", /^This process .*ulimit -n/, 69],
  ["ENFILE", /^This machine .*fs\.file-max/, 69],
  ["ENOMEM", /memory/, 69],
  ["EIO", /fails\..*dmesg/, 65],
  ["EBUSY", /uses the path/, 65],
  ["ENOTSUP", /local file system/, 65],
  ["EOPNOTSUPP", /local file system/, 65],
  ["ENOSYS", /local file system/, 65],
  ["EINVAL", /local file system/, 65],
  ["ESTALE", /is gone/, 69],
  ["ENOTCONN", /is gone/, 69],
]

for (const [code, about, exitCode] of ofPaths) {
  test(`fileFailure() of ${code} says what to do about just that`, () => {
    const cause = systemError(code)
    const failure = fileFailure(cause, { message: "No", setting: "POSTERN_X", exitCode: 65 })
    assert.ok(failure instanceof OperatorError)
    assert.deepEqual(
      [failure.message, failure.exitCode, failure.cause],
      [`No (${code})`, exitCode, cause],
    )
    assert.match(failure.hint, about)
    assert.equal(isFileError(cause), true)
  })
}

test("fileHint() and fileExitCode() of another error point at the setting", () => {
  for (const error of [systemError("EWHATEVER"), new Error("no code"), "text", null]) {
    assert.match(fileHint(error, "POSTERN_X"), /^Check POSTERN_X, /)
    assert.equal(fileExitCode(error, exitCodes.damagedData), 65)
    assert.equal(isFileError(error), false)
  }
  // A code alone is none of the system's.
  assert.equal(isFileError(Object.assign(new Error(), { code: "ENOENT" })), false)
})

test("fileFailure() and listenFailure() leave other errors as they are", () => {
  const bug = new TypeError("a bug")
  assert.equal(fileFailure(bug, { message: "No", setting: "POSTERN_X", exitCode: 65 }), bug)
  assert.equal(listenFailure(bug, { host: "::", port: 1 }), bug)
})

test("fileHint() says what is so of real paths", async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, "file"), "")
  mkdirSync(join(directory, "folder"))
  symlinkSync("circle", join(directory, "circle"))
  const rows: readonly (readonly [name: string, code: string])[] = [
    ["missing", "ENOENT"],
    ["file/below", "ENOTDIR"],
    ["folder", "EISDIR"],
    ["circle", "ELOOP"],
    ["x".repeat(300), "ENAMETOOLONG"],
  ]
  for (const [name, code] of rows) {
    assert.throws(
      () => readFileSync(join(directory, name)),
      (error) => {
        assert.equal(systemCode(error), code)
        assert.equal(fileHint(error, "POSTERN_X"), fileHint(systemError(code), "POSTERN_X"))
        return isFileError(error)
      },
    )
  }
})

const ofAddresses: readonly (readonly [code: string, host: string, about: RegExp])[] = [
  ["EADDRINUSE", "127.0.0.1", /^Another program listens there/],
  ["EADDRNOTAVAIL", "192.0.2.1", /does not have the address 192\.0\.2\.1\./],
  ["EACCES", "127.0.0.1", /below 1024/],
  ["EPERM", "127.0.0.1", /below 1024/],
  ["ENOTFOUND", "nosuch.invalid", /^No machine has the name nosuch\.invalid\./],
  ["EAI_AGAIN", "login.example.org", /login\.example\.org can't be looked up now/],
  ["EAI_FAIL", "login.example.org", /can't be looked up now/],
  ["EAFNOSUPPORT", "::", /no IPv6/],
  ["EAFNOSUPPORT", "0.0.0.0", /no IPv4/],
  ["EINVAL", "fe80::1", /^The address fe80::1 can't be listened at/],
  ["ERR_ACCESS_DENIED", "::1", /--allow-net/],
  ["EMFILE", "::1", /^This process can open no more files/],
  ["EWHATEVER", "::1", /^Check POSTERN_HOST and POSTERN_PORT\.$/],
]

for (const [code, host, about] of ofAddresses) {
  test(`listenFailure() of ${code} at ${host} says what to do about just that`, () => {
    const failure = listenFailure(systemError(code), { host, port: 80 })
    assert.ok(failure instanceof OperatorError)
    const shown = host.includes(":") ? `[${host}]` : host
    assert.equal(failure.message, `Can't listen at http://${shown}:80 (${code})`)
    assert.equal(failure.exitCode, 69)
    assert.match(failure.hint, about)
    assert.equal(/[Aa]nother program/.test(failure.hint), code === "EADDRINUSE")
  })
}

test("listenFailure() names the settings of another listener", () => {
  const hintOf = (code: string, host: string) =>
    (listenFailure(systemError(code), { host, port: 80 }, "POSTERN_METRICS_") as OperatorError).hint
  for (const [code, host] of ofAddresses) {
    assert.doesNotMatch(hintOf(code, host), /POSTERN_(?:HOST|PORT)/, code)
  }
  assert.match(hintOf("EADDRINUSE", "::"), /POSTERN_METRICS_PORT/)
  assert.match(hintOf("EMADEUP", "::"), /POSTERN_METRICS_HOST and POSTERN_METRICS_PORT/)
})

test("no hint asks for root, nor for data to be moved away", () => {
  const hints = [
    ...ofPaths.map(([code]) => fileHint(systemError(code), "POSTERN_DATA_DIR")),
    ...ofAddresses.map(
      ([code, host]) =>
        (listenFailure(systemError(code), { host, port: 80 }) as OperatorError).hint,
    ),
  ]
  for (const hint of hints) assert.doesNotMatch(hint, /\broot\b|user 0|sudo|[Mm]ove .* away/)
})
