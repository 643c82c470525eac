import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, root, work } from './packages';

export type Format = 'esm' | 'commonjs';

export interface ConsumerInput {
  name: string;
  format: Format;
  tarballs: readonly string[];
  /**
   * Packages to install from the registry, with their versions. `null` uses those of this workspace, without a network.
   */
  install: Readonly<Record<string, string>> | null;
  /**
   * The folder in which the app is made. It must be outside of the workspace if packages are installed. Default:
   * inside.
   */
  folder?: string;
  /** The libraries of the language. Default: those of the target, with the types of browsers. */
  lib?: readonly string[];
}

const hosts = join(__dirname, '../hosts');

/**
 * Makes an app that has the packed packages in its `node_modules`, and compiles it against their types.
 * @returns its folder, where `dist` has a main file for each requested host
 * @throws Error when it does not install or compile
 */
export function createConsumer(input: ConsumerInput, files: readonly string[]): string {
  const folder = writeConsumer(input, files);
  compile(folder);
  return folder;
}

/** Makes the app without compiling it. */
export function writeConsumer(input: ConsumerInput, files: readonly string[]): string {
  const folder = join(input.folder ?? work, input.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  const type = input.format === 'esm' ? 'module' : 'commonjs';
  const manifest = { name: `consumer-${input.name}`, version: '1.0.0', private: true, type };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  if (input.install) {
    const registry = Object.entries(input.install).map(([name, version]) => `${name}@${version}`);
    npm(folder, ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', ...input.tarballs, ...registry]);
  } else for (const tarball of input.tarballs) unpack(tarball, folder);
  writeSources(join(folder, 'src'), files);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfigWith(input.lib)));
  return folder;
}

/**
 * Adds an app in the other format to one that was written, in `src/<format>` and `dist/<format>`. They have the same
 * packages and are compiled together, because reading and binding the types takes most of the time.
 */
export function addFormat(folder: string, format: Format, files: readonly string[]): void {
  const type = format === 'esm' ? 'module' : 'commonjs';
  for (const part of ['src', 'dist']) {
    mkdirSync(join(folder, part, format), { recursive: true });
    writeFileSync(join(folder, part, format, 'package.json'), JSON.stringify({ type }));
  }
  writeSources(join(folder, 'src', format), files);
}

function writeSources(to: string, files: readonly string[]): void {
  for (const file of ['gateway.ts', ...files]) cpSync(join(hosts, file), join(to, file));
}

/** Compiles with TypeScript 7, and in the full check also with the last version that is written in JavaScript. */
export function compile(folder: string): void {
  const compilers = process.env['PAGGIO_FULL'] === '1' ? ['typescript', 'typescript-7'] : ['typescript-7'];
  for (const compiler of compilers)
    execFileSync(process.execPath, [join(root, 'node_modules', compiler, 'bin/tsc'), '-p', folder], {
      stdio: 'inherit',
    });
}

const tsconfigWith = (lib?: readonly string[]): object => ({
  compilerOptions: {
    lib,
    target: 'es2022',
    module: 'node20',
    moduleResolution: 'node16',
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    esModuleInterop: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    rootDir: 'src',
    outDir: 'dist',
  },
  include: ['src'],
});

/** Installs a tarball like npm, without its dependencies, which are in a folder further up. */
function unpack(tarball: string, folder: string): void {
  const into = join(folder, 'node_modules/.unpacked');
  mkdirSync(into, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '-C', into]);
  const name = /paggio-(.+)-\d+\.\d+\.\d+[^/]*\.tgz$/.exec(tarball)?.[1];
  const to = join(folder, 'node_modules/@paggio', name as string);
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(join(into, 'package')))
    cpSync(join(into, 'package', file), join(to, file), { recursive: true });
  rmSync(into, { recursive: true });
}
