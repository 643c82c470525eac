import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** A vendor's own library in another language. */
export interface Library {
  name: string;
  /** Whose requests it judges, as the catalogue names it. */
  provider: string;
  /** It can also sign, so that our verifier can judge it. */
  signs: boolean;
}

/** A request as its receiver gets it. */
export interface Question {
  ask: 'verify' | 'sign';
  library: string;
  method: string;
  /** The URL that the receiver believes to have. */
  url: string;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** Base64. */
  body: string;
  /** What the receiver is configured with. */
  secret: string;
  settings: Readonly<Record<string, string>>;
}

export interface Answer {
  accepted?: true;
  /** Why not. */
  refused?: string;
  /** What a library signed with. */
  headers?: Record<string, string>;
  body?: string;
}

/** How to start the judges of one language. */
export interface Command {
  file: string;
  args: string[];
  cwd: string;
}

interface Recipe {
  /** Files that decide what is installed: with other ones it is installed anew. */
  pinned: string[];
  /** Programs that must be there. */
  needs: string[];
  /** Steps, each a program with its arguments, and the command that starts the judge in the end. */
  steps(cache: string, source: string): { install: [string, string[]][]; command: Command };
}

const sources = join(__dirname, '../../judges');

const recipes: Readonly<Record<string, Recipe>> = {
  Python: {
    pinned: ['requirements.txt', 'constraints.txt'],
    needs: ['python3'],
    steps: (cache, source) => ({
      install: [
        ['python3', ['-m', 'venv', join(cache, 'venv')]],
        [
          join(cache, 'venv/bin/pip'),
          [
            ...['install', '--quiet', '--prefer-binary', '--disable-pip-version-check'],
            ...['-r', join(source, 'requirements.txt'), '-c', join(source, 'constraints.txt')],
          ],
        ],
      ],
      command: { file: join(cache, 'venv/bin/python'), args: [join(source, 'judge.py')], cwd: cache },
    }),
  },
  Go: {
    pinned: ['go.mod', 'go.sum', 'main.go'],
    needs: ['go'],
    steps: (cache, source) => ({
      install: [['go', ['build', '-C', source, '-buildvcs=false', '-o', join(cache, 'judge'), '.']]],
      command: { file: join(cache, 'judge'), args: [], cwd: cache },
    }),
  },
  Java: {
    pinned: ['pom.xml', 'src/main/java/Judge.java'],
    needs: ['mvn', 'java'],
    steps: (cache, source) => ({
      install: [
        [
          'mvn',
          [
            ...['--batch-mode', '--quiet', '-f', join(source, 'pom.xml'), `-Djudges.target=${join(cache, 'target')}`],
            ...['package', 'dependency:copy-dependencies', `-DoutputDirectory=${join(cache, 'target/dependency')}`],
          ],
        ],
      ],
      command: {
        file: 'java',
        args: ['-cp', `${join(cache, 'target/classes')}:${join(cache, 'target/dependency')}/*`, 'Judge'],
        cwd: cache,
      },
    }),
  },
};

export const languages = Object.keys(recipes);

/**
 * Installs the libraries of a language in a cache folder of the user, outside the repository, once for each set of
 * versions. `missing` says why it cannot be done here: a program or a registry that is not there.
 */
export function prepare(language: string): { command: Command; libraries: Library[] } | { missing: string } {
  const recipe = recipes[language] as Recipe;
  const source = join(sources, language.toLowerCase());
  const lacking = recipe.needs.find((program) => spawnSync(program, ['--version']).error !== undefined);
  if (lacking !== undefined) return { missing: `${lacking} is not installed` };
  const pinned = createHash('sha256');
  for (const file of recipe.pinned) pinned.update(readFileSync(join(source, file)));
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const cache = join(base, 'paggio', 'judges', `${language.toLowerCase()}-${pinned.digest('hex').slice(0, 16)}`);
  const { install, command } = recipe.steps(cache, source);
  const done = join(cache, 'installed');
  if (!existsSync(done)) {
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(cache, { recursive: true });
    for (const [program, args] of install) {
      const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 30 * 60_000 });
      if (status === 0) continue;
      const why = error?.message ?? stderr.trim().split('\n').slice(-3).join(' ');
      return { missing: `${program} failed: ${why}` };
    }
    writeFileSync(done, '');
  }
  const listed = spawnSync(command.file, command.args, { cwd: command.cwd, input: '', encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`The judges in ${language} do not start: ${listed.stderr}`);
  const { libraries } = JSON.parse(listed.stdout.split('\n')[0] as string) as { libraries: Library[] };
  return { command, libraries };
}

/** The libraries of one language at work: a process that answers one question after the other. */
export class Judge {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;
  private said = '';

  constructor({ file, args, cwd }: Command) {
    this.child = spawn(file, args, { cwd });
    this.child.stderr.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-2_000)));
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  /** Resolves when the libraries can be asked. */
  async ready(): Promise<void> {
    await this.line();
  }

  async ask(question: Question): Promise<Answer> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await this.line()) as Answer;
  }

  stop(): void {
    this.reader.close();
    this.child.stdin.end();
    this.child.kill();
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`The judge ended: ${this.said}`);
    return value;
  }
}
