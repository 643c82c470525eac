import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { install, pythonSteps } from './installation';

/** A vendor's own library in another language. */
export interface Library {
  name: string;
  /** The catalogue name of the provider whose requests it judges. */
  provider: string;
  /** Whether it can also sign, so that our verifier can judge it. */
  signs: boolean;
}

/** A request as its receiver gets it. */
export interface Question {
  ask: 'verify' | 'sign';
  library: string;
  method: string;
  /** The receiver's URL as it is configured. */
  url: string;
  /** The names are in lower case. */
  headers: Record<string, string>;
  /** Base64. */
  body: string;
  /** The secret in the receiver's configuration. */
  secret: string;
  settings: Readonly<Record<string, string>>;
}

export interface Answer {
  accepted?: true;
  /** Why the library refuses the request. */
  refused?: string;
  /** The headers of a signature that the library made. */
  headers?: Record<string, string>;
  body?: string;
}

/** How to start the judges of one language. */
export interface Command {
  file: string;
  args: string[];
  cwd: string;
}

interface Language {
  /** Files that decide what is installed. */
  pinned: readonly string[];
  /** Programs that must be installed already. */
  needs: readonly string[];
  steps: (cache: string, source: string) => readonly (readonly [string, readonly string[]])[];
  /** Starts the judge. */
  command: (cache: string, source: string) => Command;
}

const sources = join(__dirname, '../../judges');

const recipes: Readonly<Record<string, Language>> = {
  Python: {
    pinned: ['requirements.txt', 'constraints.txt'],
    needs: ['python3'],
    steps: pythonSteps,
    command: (cache, source) => ({
      file: join(cache, 'venv/bin/python'),
      args: [join(source, 'judge.py')],
      cwd: cache,
    }),
  },
  Go: {
    pinned: ['go.mod', 'go.sum', 'main.go'],
    needs: ['go'],
    steps: (cache, source) => [['go', ['build', '-C', source, '-buildvcs=false', '-o', join(cache, 'judge'), '.']]],
    command: (cache) => ({ file: join(cache, 'judge'), args: [], cwd: cache }),
  },
  Java: {
    pinned: ['pom.xml', 'src/main/java/Judge.java'],
    needs: ['mvn', 'java'],
    steps: (cache, source) => [
      [
        'mvn',
        [
          ...['--batch-mode', '--quiet', '-f', join(source, 'pom.xml'), `-Djudges.target=${join(cache, 'target')}`],
          ...['package', 'dependency:copy-dependencies', `-DoutputDirectory=${join(cache, 'target/dependency')}`],
        ],
      ],
    ],
    command: (cache) => ({
      file: 'java',
      args: ['-cp', `${join(cache, 'target/classes')}:${join(cache, 'target/dependency')}/*`, 'Judge'],
      cwd: cache,
    }),
  },
};

export const languages = Object.keys(recipes);

/** Installs the libraries of a language. `missing` says why that is not possible here. */
export function prepare(language: string): { command: Command; libraries: Library[] } | { missing: string } {
  const { pinned, needs, steps, command: commandOf } = recipes[language] as Language;
  const folder = language.toLowerCase();
  const source = join(sources, folder);
  const installed = install({
    name: `judges/${folder}`,
    pinned: pinned.map((file) => join(source, file)),
    needs,
    steps: (cache) => steps(cache, source),
  });
  if ('missing' in installed) return installed;
  const command = commandOf(installed.cache, source);
  const listed = spawnSync(command.file, command.args, { cwd: command.cwd, input: '', encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`The judges in ${language} do not start: ${listed.stderr}`);
  const { libraries } = JSON.parse(listed.stdout.split('\n')[0] as string) as { libraries: Library[] };
  return { command, libraries };
}

/** The running libraries of one language: a process that answers one question after another. */
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
