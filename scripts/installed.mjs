// Whether node_modules is what package-lock.json says. npm keeps its own record of what it installed; a mark of ours
// would know nothing of an `npm ci` that somebody else ran.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function isInstalled(root) {
  const wanted = packages(join(root, 'package-lock.json'));
  const present = packages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // The workspace itself and its packages are sources and not installed; their links are.
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = present[path];
    if (!found) return entry.optional === true && !belongsHere(entry);
    return found.version === entry.version && found.integrity === entry.integrity && existsSync(join(root, path));
  });
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm leaves out what is for other platforms, and what only that needs, which names no platform. */
function belongsHere({ os, cpu, libc }) {
  if (!os && !cpu) return false;
  return allows(os, process.platform) && allows(cpu, process.arch) && (!libc || allows(libc, libcName()));
}

/** A list of names, or of names that are excluded: `["!win32"]`. */
function allows(list, name) {
  if (!list) return true;
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((one) => one.startsWith('!'));
}

function libcName() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}
