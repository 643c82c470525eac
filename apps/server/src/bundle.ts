import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';
import type * as Run from './run';

const ROOT = join(__dirname, '../../..');
const SCOPE = '@paggio/';

/**
 * The server and all that it needs in one file, beside the code that V8 made of it. The server starts from it in half
 * the time: it has 1,800 modules, and to find, read and compile them takes longer than all else.
 */
export class Bundle {
  /** The file with the modules. */
  readonly source: string;
  /** What V8 made of it. Only the same version of Node with the same flags of V8 can use it; others compile again. */
  readonly code: string;

  /** @param key names what the bundle is made of */
  constructor(directory: string, key: string) {
    this.source = join(directory, `${key}.js`);
    this.code = join(directory, `${key}-${process.version}-${process.arch}.code`);
  }

  /** Compiles the bundle, with the code if there is any. */
  compile(): Script {
    return new Script(Module.wrap(readFileSync(this.source, 'utf8')), {
      filename: this.source,
      cachedData: existsSync(this.code) ? readFileSync(this.code) : undefined,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    });
  }

  load(script = this.compile()): typeof Run {
    const module = { exports: {} };
    const wrapper = script.runInThisContext() as (...values: unknown[]) => void;
    wrapper(module.exports, createRequire(this.source), module, this.source, dirname(this.source));
    return module.exports as typeof Run;
  }
}

/**
 * The bundle of the compiled packages as they are now. The name of its files has a hash of what it is made of, so one
 * that is out of date is not found.
 * @returns undefined if it has not been made
 */
export function currentBundle(root = ROOT): Bundle | undefined {
  const bundle = bundleToMake(root);
  return bundle !== undefined && existsSync(bundle.source) ? bundle : undefined;
}

/** @returns undefined if a package has not been compiled */
export function bundleToMake(root = ROOT): Bundle | undefined {
  const server = join(root, 'apps/server');
  const hash = createHash('sha256');
  const parts = [
    join(root, 'package-lock.json'),
    join(server, 'bundle.mjs'),
    // The compiler keeps the hashes of all sources in it.
    ...[...packageFolders(root, server)].map((folder) => join(folder, 'dist/.tsbuildinfo')),
  ];
  try {
    for (const part of parts) hash.update(readFileSync(part));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return new Bundle(join(server, 'dist/bundle'), hash.digest('hex').slice(0, 32));
}

/**
 * Whether something is loaded into the process before the server, as instrumentation is. It replaces modules as they
 * are loaded, and a bundle loads none.
 */
export function isInstrumented(flags = process.execArgv, variable = process.env['NODE_OPTIONS'] ?? ''): boolean {
  return [...flags, ...variable.split(/\s+/)].some((flag) =>
    // Node reads underscores as dashes.
    /^(?:-r|--require|--import|--(?:experimental[-_])?loader)(?:=|$)/.test(flag),
  );
}

/** The folders of a package and of all packages of this project that it needs. */
function packageFolders(root: string, folder: string, found = new Set<string>()): Set<string> {
  if (found.has(folder)) return found;
  found.add(folder);
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
  for (const name of Object.keys(dependencies))
    if (name.startsWith(SCOPE)) packageFolders(root, join(root, 'packages', name.slice(SCOPE.length)), found);
  return found;
}
