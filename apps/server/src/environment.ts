import { isNetwork, masterKeyOf, roles as allRoles, type Role } from '@paggio/core';

/** The reference server's settings, read from the environment once. */
export interface Environment {
  port: number;
  /** False: a taken port is an error; true: the next free one is used. */
  portIsDefault: boolean;
  host: string;
  databaseUrl: string | null;
  dataDirectory: string;
  masterKey: Buffer | null;
  publicUrl: string | null;
  allowedNetworks: string[];
  trustedProxies: string[];
  stagingHost: string | null;
  localUrl: string;
  allowedPorts: number[];
  /** Null: destinations that only fail are never paused. */
  pauseFailingAfterHours: number | null;
  roles: Role[];
  bodyLimit: number;
  logLevel: string;
  logFormat: 'pretty' | 'json';
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** Every setting, or every mistake in them: a sentence for each. */
export function readEnvironment(env: NodeJS.ProcessEnv, isTerminal: boolean): Environment | string[] {
  const mistakes: string[] = [];
  // An empty value equals unset, as compose files write them.
  const text = (name: string): string | null => (env[name] === undefined || env[name] === '' ? null : env[name]);
  const list = (name: string): string[] | null =>
    text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '') ?? null;
  const production = env['NODE_ENV'] === 'production';

  const portText = text('PORT');
  const port = portText === null ? 4400 : Number(portText);
  if (!/^\d+$/.test(portText ?? '4400') || port > 65_535) mistakes.push('PORT must be a port number from 0 to 65535.');

  const databaseUrl = text('DATABASE_URL');
  if (databaseUrl !== null && (!/^postgres(ql)?:\/\/./.test(databaseUrl) || !URL.canParse(databaseUrl))) {
    mistakes.push('DATABASE_URL must look like postgres://user:password@host:5432/name.');
  }

  const keyText = text('PAGGIO_MASTER_KEY');
  const masterKey = keyText === null ? null : (masterKeyOf(keyText) ?? null);
  if (keyText !== null && masterKey === null)
    mistakes.push('PAGGIO_MASTER_KEY must be base64 or hex of exactly 32 bytes (openssl rand -base64 32).');
  if (keyText === null && production)
    mistakes.push('PAGGIO_MASTER_KEY is required when NODE_ENV=production (openssl rand -base64 32).');

  const publicUrl = text('PAGGIO_PUBLIC_URL');
  if (publicUrl !== null && !isHttpUrl(publicUrl))
    mistakes.push('PAGGIO_PUBLIC_URL must be an http or https URL such as https://hooks.example.com.');
  const localUrl = text('PAGGIO_LOCAL_URL') ?? 'http://localhost:3000';
  if (!isHttpUrl(localUrl))
    mistakes.push('PAGGIO_LOCAL_URL must be an http or https URL such as http://localhost:3000.');
  const stagingHost = text('PAGGIO_STAGING_HOST');
  if (stagingHost !== null && (/[/?#@\s]/.test(stagingHost) || !URL.canParse(`http://${stagingHost}/`))) {
    mistakes.push('PAGGIO_STAGING_HOST must be a host such as staging.example.com or staging.example.com:8443.');
  }

  const networksOf = (name: string, fallback: string[]): string[] => {
    const given = list(name);
    if (given === null) return fallback;
    if (given.length === 1 && given[0] === 'none') return [];
    for (const network of given) {
      if (!isNetwork(network))
        mistakes.push(`${name}: "${network}" is not a network such as 10.0.0.0/8; or write none.`);
    }
    return given;
  };

  const allowedPorts = (list('PAGGIO_ALLOWED_PORTS') ?? []).map((port) => (/^\d+$/.test(port) ? Number(port) : 0));
  if (allowedPorts.some((port) => port < 1 || port > 65_535))
    mistakes.push('PAGGIO_ALLOWED_PORTS must be a list of port numbers.');
  const pauseText = text('PAGGIO_PAUSE_FAILING_AFTER_HOURS') ?? '120';
  const pauseFailingAfterHours = pauseText === 'never' ? null : Number(pauseText);
  if (pauseFailingAfterHours !== null && !(pauseFailingAfterHours >= 1 && pauseFailingAfterHours <= 8760))
    mistakes.push('PAGGIO_PAUSE_FAILING_AFTER_HOURS must be a number of hours from 1 to 8760, or never.');

  const roles = (list('PAGGIO_ROLES') ?? [...allRoles]) as Role[];
  for (const role of roles) {
    if (!allRoles.includes(role)) mistakes.push(`PAGGIO_ROLES: "${role}" is none of ${allRoles.join(', ')}.`);
  }
  const limitText = text('PAGGIO_BODY_LIMIT') ?? '1MiB';
  const bodyLimit = parseSize(limitText);
  if (bodyLimit === undefined || bodyLimit < 1 || bodyLimit > 64 * 1024 * 1024) {
    mistakes.push('PAGGIO_BODY_LIMIT must be a size from 1 byte to 64MiB, such as 262144, 512KiB or 5MB.');
  }
  if (text('PAGGIO_RETENTION') !== null)
    mistakes.push('PAGGIO_RETENTION is not available in this version: leave it unset, and everything is kept.');
  if (text('PAGGIO_DIALECTS') !== null)
    mistakes.push('PAGGIO_DIALECTS is not available in this version: leave it unset.');

  const logLevel = text('LOG_LEVEL') ?? 'info';
  if (!logLevels.includes(logLevel)) mistakes.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}.`);
  const logFormat = text('LOG_FORMAT') ?? (isTerminal ? 'pretty' : 'json');
  if (logFormat !== 'pretty' && logFormat !== 'json') mistakes.push('LOG_FORMAT must be pretty or json.');

  const environment: Environment = {
    port,
    portIsDefault: portText === null,
    host: text('HOST') ?? '127.0.0.1',
    databaseUrl,
    dataDirectory: text('PAGGIO_DATA_DIR') ?? '.paggio',
    masterKey,
    publicUrl,
    allowedNetworks: networksOf('PAGGIO_ALLOWED_NETWORKS', production ? [] : LOOPBACK),
    trustedProxies: networksOf('PAGGIO_TRUSTED_PROXIES', []),
    stagingHost,
    localUrl,
    allowedPorts,
    pauseFailingAfterHours,
    roles,
    bodyLimit: bodyLimit ?? 1024 * 1024,
    logLevel,
    logFormat: logFormat === 'pretty' ? 'pretty' : 'json',
  };
  return mistakes.length > 0 ? mistakes : environment;
}

const units: Record<string, number> = { '': 1, b: 1, kb: 1000, kib: 1024, mb: 1_000_000, mib: 1_048_576 };

function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12})\s*([a-z]{0,3})$/i.exec(text);
  const unit = units[(match?.[2] ?? '').toLowerCase()];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
