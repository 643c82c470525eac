import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const ROOT = join(__dirname, '../../..');
/** A version with all its parts, or a digest. */
const EXACT = /^[\w./-]+:\d+\.\d+(?:\.\d+)?-[\w.-]+$|@sha256:[0-9a-f]{64}$/;
/** Every service with the capabilities that it needs. None needs any, because PostgreSQL starts as its own user. */
const CAPABILITIES: Readonly<Record<string, readonly string[]>> = { paggio: [], 'database-role': [], postgres: [] };

interface Service {
  image?: string;
  build?: string;
  user?: string;
  privileged?: boolean;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  volumes?: string[];
  ports?: string[];
  mem_limit?: string;
  cpus?: number;
  pids_limit?: number;
  network_mode?: string;
  pid?: string;
  ipc?: string;
  logging?: { driver: string };
  extra_hosts?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
}

const text = (name: string): string => readFileSync(join(ROOT, name), 'utf8');
const { services, volumes } = parse(text('compose.yml')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const dockerfile = text('Dockerfile')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));
const stages = dockerfile
  .join('\n')
  .split(/^FROM /m)
  .slice(1);

test('every service of compose.yml is in the list above', () => {
  expect(Object.keys(services)).toEqual(Object.keys(CAPABILITIES));
});

test('a container of Paggio knows its host by the name in the docs and hints', () => {
  expect(services['paggio']?.extra_hosts).toEqual(['host.docker.internal:host-gateway']);
});

describe.each(Object.entries(services))('the service %s', (name, service) => {
  test('comes from this repository or from an exact version', () => {
    if (service.image === undefined) expect(service.build).toBe('.');
    else expect(service.image).toMatch(EXACT);
  });

  test('has no capability or privilege, and cannot get any', () => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add ?? []).toEqual(CAPABILITIES[name]);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect([service.privileged, service.network_mode, service.pid, service.ipc]).toEqual(Array(4).fill(undefined));
  });

  test('does not run as root', () => {
    // The user of an image that is built here is set in the Dockerfile.
    if (service.build === undefined) expect(service.user).toMatch(/^(?!root\b|0\b)\w+/);
    else expect(service.user).toBeUndefined();
  });

  test('writes only to named volumes and limited memory', () => {
    expect(service.read_only).toBe(true);
    expect(service.tmpfs?.length).toBeGreaterThan(0);
    for (const one of service.tmpfs ?? []) expect(one).toMatch(/^\/[\w/]+:size=\d+m\b/);
    const writable = (service.volumes ?? []).filter((one) => !one.endsWith(':ro'));
    for (const one of writable) expect(Object.keys(volumes)).toContain(one.split(':')[0]);
  });

  test('has limits for memory, processors and processes, and a rotated log', () => {
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.cpus).toBeGreaterThan(0);
    // Docker refuses to start a container with more processors than the machine has.
    expect(service.cpus).toBeLessThanOrEqual(1);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging).toEqual({ driver: 'local' });
  });

  test('is published on this machine only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });
});

test('the database is not published', () => {
  expect(services['postgres']?.ports).toBeUndefined();
});

test("Paggio does not know the superuser's password, and waits for its own role", () => {
  const { paggio, postgres, 'database-role': role } = services as Record<string, Required<Service>>;
  expect(JSON.stringify(paggio)).not.toContain('POSTGRES_PASSWORD');
  expect(new URL(paggio!.environment['DATABASE_URL']!.replace(/\$\{.*?\}/, 'x')).username).not.toBe(
    postgres!.environment['POSTGRES_USER'],
  );
  expect(role!.environment['PGUSER']).toBe(postgres!.environment['POSTGRES_USER']);
  expect(paggio!.depends_on).toEqual({ 'database-role': { condition: 'service_completed_successfully' } });
  expect(role!.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
});

test('compose.yml and the Dockerfile contain no password or key', () => {
  const secret = /^\s*(?:\w*(?:PASSWORD|SECRET|MASTER_KEY|TOKEN)\w*)\s*[:=]\s*(.*)$/gim;
  for (const name of ['compose.yml', 'Dockerfile'])
    for (const [, value] of text(name).matchAll(secret)) expect(value).toMatch(/^\$\{\w+:\?[^}]*\}$/);
});

test("the server's image is based on an exact version in every stage", () => {
  const bases = stages.map((stage) => stage.split(/\s/)[0] as string);
  expect(bases).toHaveLength(2);
  const defaults = Object.fromEntries(
    dockerfile.flatMap((line) => {
      const [, name, value] = /^ARG (\w+)=(\S+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[`\${${name}}`, value]];
    }),
  ) as Record<string, string>;
  for (const base of bases) expect(defaults[base] ?? base).toMatch(EXACT);
});

test("the server's image runs as a user other than root, and root owns the code", () => {
  const last = (stages.at(-1) as string).split('\n');
  const user = last.filter((line) => line.startsWith('USER ')).at(-1);
  expect(user).toBe('USER node');
  expect(last.filter((line) => line.startsWith('COPY --from=build'))).toEqual([
    'COPY --from=build --chown=root:root /app ./',
  ]);
  // Only the command follows, and it runs as that user.
  expect(last.slice(last.indexOf(user as string)).filter((line) => /^(?:RUN|COPY|ADD) /.test(line))).toEqual([]);
  expect(dockerfile.filter((line) => line.startsWith('ADD '))).toEqual([]);
});

test('no install script of a package runs while the image is built', () => {
  const commands = dockerfile.join('\n').match(/npm (?:ci|install|prune)[^&\n]*/g) ?? [];
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) expect(command).toContain('--ignore-scripts');
});
