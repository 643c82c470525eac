import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm, work } from './packages';

/** The Node versions on which Paggio is tested. The tests themselves usually run on the oldest. */
export const nodeVersions = ['20', '22', '24'] as const;

/** The binary of a Node version, from the platform packages of the npm package `node`. */
export function nodeBinary(version: string): string {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${platform}-${process.arch}`;
  const folder = join(work, 'nodes', version);
  const binary = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    npm(folder, ['install', '--silent', '--ignore-scripts', '--no-audit', '--no-fund', `${name}@${version}`]);
  }
  return binary;
}
