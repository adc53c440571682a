// Turns system errors into OperatorErrors with a hint. The hint depends on the error's code: one
// table is for paths, the other for addresses to listen at. No hint advises to run Postern as root
// or to move the data away.

import { type ExitCode, exitCodes, OperatorError, systemCode } from "../errors.ts"
import { type Address, urlOf } from "./address.ts"

/** Makes the hint for a path from the name of the setting that chooses the path. */
type FileHint = (setting: string) => string

const isDirectory: FileHint = (setting) =>
  `A directory is there instead of a file. Docker makes one where a file to mount is missing. Check ${setting}.`
const cannotDo: FileHint = (setting) =>
  `The file system can't do that. Set ${setting} to a path on a local file system.`
const isGone: FileHint = (setting) =>
  `The file system that was mounted there is gone. Mount it again, or check ${setting}.`

const fileHints: Readonly<Record<string, FileHint>> = {
  ENOSPC: () => "The disk is full, or can hold no more files. Make room on it.",
  EDQUOT: () => "The disk quota of this user is used up. Make room, or raise the quota.",
  EROFS: (setting) =>
    `The file system is read-only. Mount it for writing, or set ${setting} to a path on another.`,
  EACCES: (setting) =>
    `The user that Postern runs as has no right to do that. Give this user the path, and the right to enter each directory above it, or check ${setting}.`,
  EPERM: (setting) =>
    `The owner of the path, or its file system, forbids that. Set ${setting} to a path of the user that Postern runs as, on a local file system.`,
  ERR_ACCESS_DENIED: (setting) =>
    `Node's permission model forbids that. In the image, set ${setting} to a path below /data; files to read may be below /run/secrets.`,
  ENOENT: (setting) => `The path, or a directory on the way to it, is not there. Check ${setting}.`,
  ENOTDIR: (setting) =>
    `A part of the path is a file where a directory should be. Check ${setting}.`,
  EISDIR: isDirectory,
  ERR_FS_EISDIR: isDirectory,
  ENXIO: (setting) => `A socket, pipe or device is there instead of a file. Check ${setting}.`,
  ELOOP: (setting) =>
    `A symbolic link is there that is not followed, or that leads in a circle. Set ${setting} to a path without one.`,
  ENAMETOOLONG: (setting) =>
    `The path, or a name in it, is too long for the system. Set ${setting} to a shorter one.`,
  EMFILE: () =>
    "This process can open no more files. Raise its limit: ulimit -n, or LimitNOFILE= in systemd.",
  ENFILE: () =>
    "This machine can open no more files. End the process that holds many, or raise fs.file-max.",
  ENOMEM: () => "The system has no memory left. Give it or the container more.",
  EIO: () => "The disk, or the way to it, fails. The system's own log says more: dmesg.",
  EBUSY: (setting) => `Something else uses the path, such as a mount. Check ${setting}.`,
  ENOTSUP: cannotDo,
  EOPNOTSUPP: cannotDo,
  ENOSYS: cannotDo,
  EINVAL: cannotDo,
  ESTALE: isGone,
  ENOTCONN: isGone,
}

/** Failures that can pass without a change of the settings or the files. */
const passingCodes: readonly string[] = [
  ...["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE", "ENOMEM", "ESTALE", "ENOTCONN"],
]

const listenHints: Readonly<Record<string, (address: Address) => string>> = {
  EADDRINUSE: () =>
    "Another program listens there, perhaps another Postern. Stop it, or set POSTERN_PORT to a free port.",
  EADDRNOTAVAIL: ({ host }) =>
    `This machine does not have the address ${host}. Set POSTERN_HOST to one that it has: 127.0.0.1 for this machine only, 0.0.0.0 for every network.`,
  EACCES: () =>
    "This user may not listen at that port; ports below 1024 are often kept for the system. Set POSTERN_PORT to a higher one, such as 8080, and let a proxy pass requests on.",
  ENOTFOUND: ({ host }) =>
    `No machine has the name ${host}. Set POSTERN_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.`,
  EAI_AGAIN: ({ host }) =>
    `The name ${host} can't be looked up now. Set POSTERN_HOST to an address of this machine, such as 127.0.0.1 or 0.0.0.0.`,
  EAFNOSUPPORT: ({ host }) =>
    `This machine has no ${host.includes(":") ? "IPv6" : "IPv4"}. Set POSTERN_HOST to another address.`,
  EINVAL: ({ host }) =>
    `The address ${host} can't be listened at, as those of one link (fe80::) can't. Set POSTERN_HOST to another.`,
  ERR_ACCESS_DENIED: () => "Node's permission model forbids that: start Node with --allow-net.",
}

/** Whether an error is a system error of a path. */
export function isFileError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "syscall" in error &&
    Object.hasOwn(fileHints, systemCode(error) ?? "")
  )
}

/** The hint for an error at the path that `setting` chooses. */
export function fileHint(error: unknown, setting: string): string {
  const hint = fileHints[systemCode(error) ?? ""]
  return hint?.(setting) ?? `Check ${setting}, and the owner, mode and disk of the path.`
}

/** The exit code of an error at a path: 69 if it can pass, or `otherwise`. */
export function fileExitCode(error: unknown, otherwise: ExitCode): ExitCode {
  return passingCodes.includes(systemCode(error) ?? "") ? exitCodes.unavailable : otherwise
}

/** A system error at a path as an OperatorError. Other errors stay as they are. */
export function fileFailure(
  error: unknown,
  options: { readonly message: string; readonly setting: string; readonly exitCode: ExitCode },
): unknown {
  const code = systemCode(error)
  if (code === null) return error
  return new OperatorError(`${options.message} (${code})`, {
    hint: fileHint(error, options.setting),
    exitCode: fileExitCode(error, options.exitCode),
    cause: error,
  })
}

/**
 * A system error of listening as an OperatorError. Other errors stay as they are. `prefix` is how
 * the names of the settings of host and port begin.
 */
export function listenFailure(error: unknown, address: Address, prefix = "POSTERN_"): unknown {
  const code = systemCode(error)
  if (code === null) return error
  const alike = code === "EPERM" ? "EACCES" : code.startsWith("EAI_") ? "EAI_AGAIN" : code
  const found = listenHints[alike]?.(address) ?? fileHints[code]?.("POSTERN_HOST")
  const hint = found ?? "Check POSTERN_HOST and POSTERN_PORT."
  return new OperatorError(`Can't listen at ${urlOf(address)} (${code})`, {
    hint: hint.replace(/POSTERN_(?=HOST|PORT)/g, prefix),
    exitCode: exitCodes.unavailable,
    cause: error,
  })
}
