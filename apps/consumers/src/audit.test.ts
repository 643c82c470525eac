import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root } from './packages';

/** Levels of advisories. Each package of the app has at most one advisory. */
const LEVELS = ['critical', 'high', 'moderate', 'low'] as const;
type Level = (typeof LEVELS)[number];

/** Plays the registry that npm asks for advisories. */
class Registry {
  /** The names and versions that npm asked for. */
  readonly asked: Record<string, string[]>[] = [];
  private readonly server: Server;

  constructor(answer: { status: number; levels?: readonly Level[]; page?: string }) {
    this.server = createServer((request, response) => {
      void bodyOf(request).then((body) => {
        const reply = (status: number, value: object): void => {
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
        };
        if (answer.page !== undefined) return void response.writeHead(answer.status).end(answer.page);
        if (request.method === 'GET') {
          const name = request.url?.slice(1);
          const manifest = (version: string): object => ({
            name,
            version,
            dist: { tarball: 'http://127.0.0.1/' },
          });
          const versions = { '1.0.0': manifest('1.0.0'), '2.0.0': manifest('2.0.0') };
          return reply(200, { name, 'dist-tags': { latest: '2.0.0' }, versions });
        }
        if (answer.status !== 200) return reply(answer.status, {});
        this.asked.push(JSON.parse(body) as Record<string, string[]>);
        const advisories = (answer.levels ?? []).map((severity) => [
          `leaky-${severity}`,
          [
            {
              id: LEVELS.indexOf(severity) + 1,
              url: `https://example.com/advisories/${severity}`,
              title: 'It leaks',
              severity,
              vulnerable_versions: '<2.0.0',
              cwe: [],
              cvss: { score: 0, vectorString: null },
            },
          ],
        ]);
        reply(200, Object.fromEntries(advisories) as object);
      });
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paggio-audit-'));
  const manifest = {
    name: 'app',
    version: '1.0.0',
    dependencies: Object.fromEntries(LEVELS.map((level) => [`leaky-${level}`, '1.0.0'])),
    devDependencies: { tool: '1.0.0' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  const packages = {
    '': manifest,
    ...Object.fromEntries(LEVELS.map((level) => [`node_modules/leaky-${level}`, { version: '1.0.0' }])),
    'node_modules/tool': { version: '1.0.0', dev: true },
  };
  const lock = { name: 'app', version: '1.0.0', lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function audit(registry: string): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [join(root, 'scripts/audit.mjs'), folder], {
    env: {
      PATH: process.env['PATH'],
      npm_config_registry: registry,
      npm_config_cache: join(folder, 'cache'),
      npm_config_userconfig: join(folder, 'npmrc'),
      npm_config_fetch_retries: '0',
      npm_config_update_notifier: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}

/** What npm wrote. */
interface Report {
  stdout: string;
  stderr: string;
}

const { verdictOf } = jest.requireActual<{ verdictOf: (report: Report) => { code: number; text: string } }>(
  '../../../scripts/audit-verdict.js',
);

/**
 * The full check runs npm against a registry for each test, and tries each level alone and every answer that a registry
 * may give. Starting npm takes most of the time, so here only the first test does. The others judge what npm 10 wrote
 * in that case.
 */
const isFull = process.env['PAGGIO_FULL'] === '1';

async function outcome(
  answer: ConstructorParameters<typeof Registry>[0] | 'unreachable',
  recorded: Report | 'run npm',
): Promise<{ code: number; output: string }> {
  if (recorded !== 'run npm' && !isFull) {
    const { code, text } = verdictOf(recorded);
    return { code, output: `${text}\n` };
  }
  const registry = new Registry(answer === 'unreachable' ? { status: 200 } : answer);
  const url = await registry.listen();
  if (answer === 'unreachable') await registry.close();
  const result = await audit(url);
  if (answer !== 'unreachable') await registry.close();
  return result;
}

function reportOf(levels: readonly Level[]): Report {
  const found = levels.map((severity) => {
    const name = `leaky-${severity}`;
    const url = `https://example.com/advisories/${severity}`;
    const via = [{ source: 1, name, dependency: name, title: 'It leaks', url, severity, range: '<2.0.0' }];
    return [
      name,
      { name, severity, isDirect: true, via, effects: [], range: '1.0.0', nodes: [`node_modules/${name}`] },
    ];
  });
  const count = (level: Level): number => levels.filter((one) => one === level).length;
  const vulnerabilities = {
    ...Object.fromEntries(['info', ...LEVELS].map((level) => [level, count(level as Level)])),
    total: levels.length,
  };
  const report = { auditReportVersion: 2, vulnerabilities: Object.fromEntries(found), metadata: { vulnerabilities } };
  return { stdout: JSON.stringify(report, null, 2), stderr: '' };
}

function noAnswer(message: string): Report {
  return {
    stdout: JSON.stringify({ message, error: { summary: '', detail: '' } }, null, 2),
    stderr: `npm warn audit ${message}\nnpm error audit endpoint returned an error\nnpm error A complete log of this run\n`,
  };
}

const BULK = 'http://127.0.0.1:9/-/npm/v1/security/advisories/bulk';

test('an advisory of level high or critical fails the audit, which names the package and the advisory', async () => {
  const registry = new Registry({ status: 200, levels: LEVELS });
  const { code, output } = await audit(await registry.listen());
  await registry.close();
  expect(code).toBe(1);
  for (const level of ['high', 'critical']) {
    expect(output).toContain(`leaky-${level} 1.0.0, ${level}: It leaks`);
    expect(output).toContain(`https://example.com/advisories/${level}`);
  }
  expect(output).not.toMatch(/moderate|low/);
  // npm does not ask for packages that only developers install.
  expect(registry.asked).toEqual([Object.fromEntries(LEVELS.map((level) => [`leaky-${level}`, ['1.0.0']]))]);
});

test.each<[string, readonly Level[]]>([
  ['moderate or low', ['moderate', 'low']],
  ...(isFull
    ? ([
        ['moderate', ['moderate']],
        ['low', ['low']],
        ['none', []],
      ] as [string, Level[]][])
    : []),
])('an advisory of level %s passes and is counted', async (_name, levels) => {
  const { code, output } = await outcome({ status: 200, levels }, reportOf(levels));
  expect([code, output]).toEqual([0, `npm audit: none of level high or above, ${levels.length} below\n`]);
});

if (isFull)
  test.each(['high', 'critical'] as const)('an advisory of level %s alone fails the audit', async (level) => {
    const { code } = await outcome({ status: 200, levels: [level] }, 'run npm');
    expect(code).toBe(1);
  });

test.each(isFull ? [405, 404, 401, 500] : [405])(
  'a registry that answers %i is no verdict: the audit passes, with a loud warning',
  async (status) => {
    const { code, output } = await outcome({ status }, noAnswer(`${status} Method Not Allowed - POST ${BULK}`));
    expect([code, output]).toEqual([0, expect.stringContaining('vulnerabilities were NOT checked')]);
    expect(output).toContain(String(status));
    expect(output).toMatch(/^!{80}$/m);
  },
);

test("a page instead of the registry, such as a proxy's sign-in, is no verdict", async () => {
  const page = '<html>Sign in</html>';
  const message = `invalid json response body at ${BULK} reason: Unexpected token '<', "${page}" is not valid JSON`;
  const { code, output } = await outcome({ status: 200, page }, noAnswer(message));
  expect([code, output]).toEqual([0, expect.stringContaining('vulnerabilities were NOT checked')]);
});

test('an unreachable registry is no verdict either', async () => {
  const message = `request to ${BULK} failed, reason: connect ECONNREFUSED 127.0.0.1:9`;
  const { code, output } = await outcome('unreachable', noAnswer(message));
  expect([code, output]).toEqual([0, expect.stringMatching(/NOT checked.*\n.*ECONNREFUSED/)]);
});

test('a folder without a lock file fails, because the registry is not why nothing was checked', async () => {
  rmSync(join(folder, 'package-lock.json'));
  const summary = 'This command requires an existing lockfile.';
  const { code, output } = await outcome('unreachable', {
    stdout: JSON.stringify({ error: { code: 'ENOLOCK', summary, detail: 'Try creating one first' } }, null, 2),
    stderr: `npm error code ENOLOCK\nnpm error audit ${summary}\n`,
  });
  expect([code, output]).toEqual([
    1,
    expect.stringContaining('npm audit failed: This command requires an existing lockfile'),
  ]);
});
