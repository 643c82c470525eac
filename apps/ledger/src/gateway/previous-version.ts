import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ChildProcessHandle } from '../child-process-handle';
import type { SetUp } from './set-up';

const ROOT = join(__dirname, '../../../..');
const MIGRATIONS = [':(glob)packages/core/src/storage/migrations/[0-9]*.ts', ':(exclude)*.test.ts'];

/** The code as it was before the newest migration, built from the history of the repository. */
export class PreviousVersion {
  private constructor(private readonly directory: string) {}

  /** @returns why it cannot be built, or null */
  static impossible(): string | null {
    return commit() === null ? 'the history of the repository is not here' : null;
  }

  static build(directory: string): PreviousVersion {
    const before = commit();
    if (before === null) throw new Error('there is no previous version');
    mkdirSync(directory, { recursive: true });
    const archive = execFileSync('git', ['archive', before], { cwd: ROOT, maxBuffer: 1024 ** 3 });
    execFileSync('tar', ['-x', '-C', directory], { input: archive });
    linkModules(directory);
    // Its own gateway process is built too, because that is written for the API of its version.
    execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b', 'apps/ledger'], {
      cwd: directory,
      stdio: 'inherit',
    });
    return new PreviousVersion(directory);
  }

  get hostFile(): string {
    return join(this.directory, 'apps/ledger/dist/gateway/host-process.js');
  }

  async setUp(settings: SetUp): Promise<string[]> {
    const file = join(this.directory, 'apps/ledger/dist/gateway/set-up-process.js');
    const child = await ChildProcessHandle.fork(file, [JSON.stringify(settings)]);
    const { paths } = await child.message<{ paths: string[] }>('paths');
    await child.kill();
    return paths;
  }
}

/** The commit before the newest migration was added. */
function commit(): string | null {
  const { status, stdout } = spawnSync('git', ['log', '--diff-filter=A', '-1', '--format=%P', '--', ...MIGRATIONS], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const parent = stdout?.trim().split(' ')[0];
  return status === 0 && parent ? parent : null;
}

/** Links the dependencies that are installed here, and the packages of that version. */
function linkModules(directory: string): void {
  const modules = join(directory, 'node_modules');
  mkdirSync(join(modules, '@paggio'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== '@paggio') symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  for (const name of readdirSync(join(directory, 'packages'))) {
    symlinkSync(join(directory, 'packages', name), join(modules, '@paggio', name));
    const own = join('packages', name, 'node_modules');
    if (existsSync(join(ROOT, own))) symlinkSync(join(ROOT, own), join(directory, own));
  }
}
