import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsumer, type Format } from './consumer';
import { nodeBinary, nodeVersions } from './nodes';
import { pack } from './packages';
import { describeConsumer } from './testing/consumer-host';

// Every host and major version in the peer ranges, in both module formats, from the registry: `npm run check:full`.
jest.setTimeout(300_000);

interface HostRow {
  host: string;
  files: readonly string[];
  /** The packages that are installed in such an app. */
  install: Readonly<Record<string, string>>;
  ownsConnection?: boolean;
  routesFirst?: boolean;
}

const nest = (major: number): Record<string, string> => ({
  '@nestjs/common': `^${major}`,
  '@nestjs/core': `^${major}`,
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.0',
});

const rows: readonly HostRow[] = [
  { host: 'express', files: ['express.ts'], install: { express: '^4', '@types/express': '^4' } },
  { host: 'express', files: ['express.ts'], install: { express: '^5', '@types/express': '^5' } },
  { host: 'koa', files: ['koa.ts'], install: { koa: '^2', '@types/koa': '^2' } },
  { host: 'koa', files: ['koa.ts'], install: { koa: '^3', '@types/koa': '^3' } },
  { host: 'fastify', files: ['fastify.ts'], install: { fastify: '^5' }, routesFirst: false },
  { host: 'node-http', files: ['node-http.ts'], install: {} },
  { host: 'hono', files: ['hono.ts'], install: { hono: '^4', '@hono/node-server': '^2' }, ownsConnection: false },
  ...[11, 12].flatMap((major): HostRow[] => [
    {
      host: 'nest-express',
      files: ['nest.ts', 'nest-express.ts'],
      install: { ...nest(major), '@nestjs/platform-express': `^${major}` },
    },
    {
      host: 'nest-fastify',
      files: ['nest.ts', 'nest-fastify.ts'],
      install: { ...nest(major), '@nestjs/platform-fastify': `^${major}` },
    },
  ]),
];

describe('packed, with hosts from the registry', () => {
  let folder: string | undefined;
  let tarballs: string[] | undefined;
  afterAll(() => folder && rmSync(folder, { recursive: true, force: true }));

  for (const { host, files, install, ownsConnection, routesFirst } of rows) {
    const version = Object.entries(install)[0]?.join('@') ?? '';
    for (const format of ['esm', 'commonjs'] as Format[]) {
      let made: string | undefined;
      const main = (): string => {
        folder ??= mkdtempSync(join(tmpdir(), 'paggio-consumers-'));
        tarballs ??= pack('matrix');
        const name = `${host}-${version}-${format}`.replaceAll(/[^a-z0-9-]/g, '');
        const needed = tarballs.filter((file) => wanted(host).some((one) => file.includes(`/paggio-${one}-`)));
        const types = { '@types/node': '^20', '@types/pg': '^8' };
        made ??= createConsumer({ name, format, tarballs: needed, install: { ...install, ...types }, folder }, files);
        return join(made, `dist/${host}.js`);
      };
      for (const node of nodeVersions) {
        // One of them mounts below the root. The hosts' own tests have both.
        const mount = node === '22' ? '/hooks' : '';
        describeConsumer(`${host} ${version} (${format}) on Node ${node}`, {
          main,
          mount,
          node: () => nodeBinary(node),
          ownsConnection,
          routesFirst,
        });
      }
    }
  }
});

/** The packages that an app with this host installs, with their dependencies. */
function wanted(host: string): string[] {
  const base = ['providers', 'core', 'dashboard', 'http'];
  if (host.startsWith('nest')) return [...base, 'nestjs'];
  return host === 'express' || host === 'koa' ? [...base, host] : base;
}
