// Gives the program of a clone as one file of CommonJS. To make it takes longer than to start it,
// so it is kept in node_modules/.postern and used as long as the sources are the same. Whatever is
// wrong with what is kept, or with the place, the program is made again and run from memory.
//
// Code that is kept is code that runs. So a kept file counts only if nobody can have written it who
// could not have changed the sources or the packages as well: see `isTrusted`.

import { createHash, randomUUID } from "node:crypto"
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { blocklistFile, bundle, rootDirectory } from "./bundle.js"

const writableByOthers = 0o022
/** How a whole bundle ends: a file that was cut off does not. */
const lastLine = /\n\/\/# sourceMappingURL=data:\S+\n$/

/** The program: its text, and the name under which Node is to load it. */
export function findProgram() {
  const directory = inRoot(join("node_modules", ".postern"))
  const sources = digestOfSources()
  const file = join(directory, `${sources}.cjs`)
  const kept = readKept(directory, file)
  if (kept !== null) return { file, text: kept }
  const text = build(file)
  // Sources that were saved meanwhile are not what the name says.
  if (digestOfSources() === sources) keep(directory, { file, text })
  return { file, text }
}

/**
 * A digest of all that the bundle is made of, and of the place, since the bundle has paths in it.
 * By content: times and sizes would miss what a copy or an archive restores. It takes 11 ms.
 */
function digestOfSources() {
  const hash = createHash("sha256").update(rootDirectory)
  const installed = join("node_modules", ".package-lock.json")
  const files = ["src", "bin"].flatMap((folder) =>
    readdirSync(join(rootDirectory, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  )
  for (const path of [...files.sort(), ...["package.json", installed].map(inRoot)]) {
    if (path !== inRoot(blocklistFile)) hash.update(`\0${path}\0`).update(readOrEmpty(path))
  }
  return hash.digest("hex")
}

function inRoot(name) {
  return join(rootDirectory, name)
}

function readOrEmpty(path) {
  try {
    return readFileSync(path)
  } catch (error) {
    // An installation by another program than npm has no such list.
    if (error.code === "ENOENT") return ""
    throw error
  }
}

function build(file) {
  const { outputFiles } = bundle({
    outfile: file,
    blocklist: `./${blocklistFile}`,
    sourcemap: "inline",
    write: false,
  })
  return outputFiles[0].text
}

function readKept(directory, file) {
  let descriptor
  try {
    const place = lstatSync(directory)
    if (!place.isDirectory() || !isTrusted(place)) return null
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW)
    const found = fstatSync(descriptor)
    if (!found.isFile() || !isTrusted(found)) return null
    const text = readFileSync(descriptor, "utf8")
    return lastLine.test(text.slice(text.lastIndexOf("\n", text.length - 2))) ? text : null
  } catch {
    return null
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * Whether only we, root, or the owner of this program can have written what was found. The owner of
 * the program decides what runs anyway. Who may write to node_modules does so, too, which is why
 * that directory and those above it are not judged: a package could be changed there as easily.
 */
function isTrusted({ uid, mode }) {
  const owners = [0, process.geteuid?.(), lstatSync(inRoot("bin")).uid]
  return owners.includes(uid) && (mode & writableByOthers) === 0
}

/**
 * Keeps a bundle, if that can be done, and removes those of other sources. Only the owner of
 * node_modules keeps one: a directory of root's in there, from a single `sudo`, would make the
 * owner's next `npm ci` fail.
 */
function keep(directory, { file, text }) {
  const unfinished = `${file}.${randomUUID()}`
  try {
    if (statSync(join(directory, "..")).uid !== process.geteuid?.()) return
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    const place = lstatSync(directory)
    if (!place.isDirectory() || !isTrusted(place)) return
    const descriptor = openSync(unfinished, "wx", 0o644)
    try {
      writeFileSync(descriptor, text)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(unfinished, file)
    for (const name of readdirSync(directory)) {
      if (join(directory, name) !== file) rmSync(join(directory, name), { force: true })
    }
  } catch {
    // A directory that can't be written, a full disk, another start that removed the file: the
    // program is in memory, and the next start tries again.
    removeIfThere(unfinished)
  }
}

function removeIfThere(path) {
  try {
    rmSync(path, { force: true })
  } catch {}
}
