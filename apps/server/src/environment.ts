import { basePathOf, isBasePath } from './base-path';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  certificatesIn,
  egressProxyProblem,
  databaseUrlProblem,
  ingestUrlProblem,
  isNat64Prefix,
  isNetwork,
  networkList,
  parseDuration,
  readMasterKeys,
  roles as allRoles,
  type EgressProxyTarget,
  type RateLimit,
  type Role,
} from '@paggio/core';
import { dialectNames, isHostPattern, type DialectName } from '@paggio/http';

/** The reference server's settings, read from the environment once. */
export interface Environment {
  /** Whether NODE_ENV is `production`. */
  production: boolean;
  port: number;
  /**
   * Whether PORT is unset. Then the server takes the next free port if this one is in use; otherwise that is an error.
   */
  portIsDefault: boolean;
  host: string;
  databaseUrl: string | null;
  dataDirectory: string;
  /** Null means the key in the data directory. */
  masterKey: Buffer | null;
  /** Used only to decrypt. */
  previousMasterKeys: readonly Buffer[];
  publicUrl: string | null;
  ingestUrl: string | null;
  allowedNetworks: string[];
  nat64Prefixes: string[];
  trustedProxies: string[];
  /** Host names that the API and the dashboard accept, besides loopback names and the public URL; null accepts all. */
  allowedHosts: string[] | null;
  egressProxy: string | null;
  egressProxyTarget: EgressProxyTarget;
  /** PEM. */
  certificateAuthorities: string[];
  /** Variables that name a proxy for other programs, while no `PAGGIO_EGRESS_PROXY` is set. */
  unusedProxies: string[];
  stagingHost: string | null;
  localUrl: string;
  allowedPorts: number[];
  /** Null never pauses a destination that keeps failing. */
  pauseFailingAfterHours: number | null;
  roles: Role[];
  bodyLimit: number;
  /** Null keeps all events. */
  retentionMs: number | null;
  dedupWindowMs: number;
  dialects: DialectName[];
  /** Null means no limit, here and for the limits below. */
  apiRateLimit: RateLimit | null;
  ingestRateLimit: RateLimit | null;
  captureRateLimit: RateLimit | null;
  captureRateLimitPerUser: RateLimit | null;
  /** Bytes; null means no quota, here and for the quotas below. */
  storageQuotaPerEndpoint: number | null;
  storageQuotaPerUser: number | null;
  storageQuotaUnverified: number | null;
  logLevel: string;
  logFormat: 'pretty' | 'json';
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const loopback = networkList(LOOPBACK);

/** Reads all settings. Returns them, or a sentence for each invalid one. */
export function readEnvironment(env: NodeJS.ProcessEnv, isTerminal: boolean): Environment | string[] {
  const mistakes: string[] = [];
  // An empty value counts as unset, because compose files write it that way.
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
  const databaseProblem = databaseUrl === null ? null : databaseUrlProblem(databaseUrl);
  if (databaseProblem !== null) mistakes.push(`DATABASE_URL ${databaseProblem}`);

  const keyText = text('PAGGIO_MASTER_KEY');
  const names = { current: 'PAGGIO_MASTER_KEY', previous: 'PAGGIO_MASTER_KEY_PREVIOUS' };
  const previousTexts = list('PAGGIO_MASTER_KEY_PREVIOUS') ?? [];
  // Without a current key, the previous ones are checked together with a random one.
  const keys = readMasterKeys(keyText ?? randomBytes(32), previousTexts, names, production ? 'refused' : 'accepted');
  if (Array.isArray(keys)) mistakes.push(...keys.map(({ message }) => message));
  const masterKey = keyText === null || Array.isArray(keys) ? null : keys.current;
  const previousMasterKeys = Array.isArray(keys) ? [] : keys.previous;
  if (keyText === null && production)
    mistakes.push('PAGGIO_MASTER_KEY is required when NODE_ENV=production. Create one with openssl rand -base64 32.');

  const publicUrl = text('PAGGIO_PUBLIC_URL');
  if (publicUrl !== null && !isHttpUrl(publicUrl))
    mistakes.push('PAGGIO_PUBLIC_URL must be an http or https URL such as https://hooks.example.com.');
  else if (publicUrl !== null && !isBasePath(basePathOf(publicUrl)))
    mistakes.push(
      'The path of PAGGIO_PUBLIC_URL may contain only letters, digits and -._~ between single slashes, and must not be /dashboard.',
    );
  const ingestUrl = text('PAGGIO_INGEST_URL');
  const ingestProblem = ingestUrl === null ? null : ingestUrlProblem(ingestUrl, publicUrl);
  if (ingestProblem !== null) mistakes.push(`PAGGIO_INGEST_URL ${ingestProblem}`);
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
        mistakes.push(`${name}: "${network}" is not a network. Write networks such as 10.0.0.0/8, or none.`);
    }
    return given;
  };

  const nat64Prefixes = list('PAGGIO_NAT64_PREFIXES') ?? [];
  for (const prefix of nat64Prefixes) {
    if (!isNat64Prefix(prefix))
      mistakes.push(`PAGGIO_NAT64_PREFIXES: "${prefix}" is not an IPv6 network of 32, 40, 48, 56, 64 or 96 bits.`);
  }

  const egressProxy = text('PAGGIO_EGRESS_PROXY');
  const proxyProblem = egressProxy === null ? null : egressProxyProblem(egressProxy);
  if (proxyProblem !== null) mistakes.push(`PAGGIO_EGRESS_PROXY ${proxyProblem}`);
  const egressProxyTarget = text('PAGGIO_EGRESS_PROXY_TARGET') ?? 'address';
  if (egressProxyTarget !== 'address' && egressProxyTarget !== 'name')
    mistakes.push('PAGGIO_EGRESS_PROXY_TARGET must be address or name.');
  const unusedProxies = egressProxy === null ? PROXY_VARIABLES.filter((name) => text(name) !== null) : [];
  const certificateAuthorities: string[] = [];
  for (const file of list('PAGGIO_CA_FILE') ?? []) {
    const pem = readText(file);
    if (pem === null) mistakes.push(`PAGGIO_CA_FILE: ${file} cannot be read.`);
    else if (certificatesIn(pem) === undefined)
      mistakes.push(`PAGGIO_CA_FILE: ${file} contains no PEM certificates (-----BEGIN CERTIFICATE-----).`);
    else certificateAuthorities.push(pem);
  }

  // Node versions before 22.15 drop these as soon as other authorities are added.
  const nodes = text('NODE_EXTRA_CA_CERTS');
  const nodesPem = nodes === null ? null : readText(nodes);
  if (nodesPem !== null && certificatesIn(nodesPem)) certificateAuthorities.push(nodesPem);

  const allowedHosts = list('PAGGIO_ALLOWED_HOSTS');
  for (const name of allowedHosts ?? []) {
    if (!isHostPattern(name))
      mistakes.push(
        `PAGGIO_ALLOWED_HOSTS: "${name}" is not a host name. Write hosts such as hooks.example.com or *.example.com, without scheme and port.`,
      );
  }

  const allowedPorts = (list('PAGGIO_ALLOWED_PORTS') ?? []).map((port) => (/^\d+$/.test(port) ? Number(port) : 0));
  if (allowedPorts.some((port) => port < 1 || port > 65_535))
    mistakes.push('PAGGIO_ALLOWED_PORTS must be a list of port numbers.');
  const pauseText = text('PAGGIO_PAUSE_FAILING_AFTER_HOURS') ?? '120';
  const pauseFailingAfterHours = pauseText === 'never' ? null : Number(pauseText);
  if (pauseFailingAfterHours !== null && !(pauseFailingAfterHours >= 1 && pauseFailingAfterHours <= 8760))
    mistakes.push('PAGGIO_PAUSE_FAILING_AFTER_HOURS must be a number of hours from 1 to 8760, or never.');

  const roles = (list('PAGGIO_ROLES') ?? [...allRoles]) as Role[];
  for (const role of roles) {
    if (!allRoles.includes(role)) mistakes.push(`PAGGIO_ROLES: "${role}" is not one of ${allRoles.join(', ')}.`);
  }
  const limitText = text('PAGGIO_BODY_LIMIT') ?? '1MiB';
  const bodyLimit = parseSize(limitText);
  if (bodyLimit === undefined || bodyLimit < 1 || bodyLimit > 64 * 1024 * 1024) {
    mistakes.push('PAGGIO_BODY_LIMIT must be a size from 1 byte to 64MiB, such as 262144, 512KiB or 5MB.');
  }
  const retentionText = text('PAGGIO_RETENTION');
  const retentionMs = retentionText === null ? null : hoursOrMore(retentionText);
  if (retentionMs === undefined)
    mistakes.push(
      'PAGGIO_RETENTION must be a duration of at least one hour, such as 12h, 30d or 8w. Leave it unset to keep all events.',
    );
  const dedupText = text('PAGGIO_DEDUP_WINDOW');
  const dedupWindowMs = dedupText === null ? 72 * 3_600_000 : hoursOrMore(dedupText);
  if (dedupWindowMs === undefined || dedupWindowMs > 30 * 24 * 3_600_000)
    mistakes.push('PAGGIO_DEDUP_WINDOW must be a duration from one hour to 30 days, such as 72h or 7d.');
  const dialects = (list('PAGGIO_DIALECTS') ?? []) as DialectName[];
  for (const dialect of dialects) {
    if (!dialectNames.includes(dialect))
      mistakes.push(`PAGGIO_DIALECTS: "${dialect}" is not one of ${dialectNames.join(', ')}.`);
  }
  const rateOf = (name: string, fallback: RateLimit | null): RateLimit | null => {
    const given = text(name);
    if (given === null) return fallback;
    const rate = given === 'none' ? null : parseRate(given);
    if (rate === undefined)
      mistakes.push(
        `${name} must be a rate in requests per second such as 100, a rate and a burst such as 100/500, or none.`,
      );
    return rate ?? null;
  };

  const quotaOf = (name: string, fallback: number | null): number | null => {
    const given = text(name);
    if (given === null) return fallback;
    const bytes = given === 'none' ? null : parseSize(given);
    if (bytes === undefined || (bytes !== null && bytes < SMALLEST_QUOTA))
      mistakes.push(`${name} must be a size of at least 1MiB, such as 500MB or 10GiB, or none.`);
    return bytes ?? null;
  };

  const logLevel = text('LOG_LEVEL') ?? 'info';
  if (!logLevels.includes(logLevel)) mistakes.push(`LOG_LEVEL must be one of ${logLevels.join(', ')}.`);
  const logFormat = text('LOG_FORMAT') ?? (isTerminal ? 'pretty' : 'json');
  if (logFormat !== 'pretty' && logFormat !== 'json') mistakes.push('LOG_FORMAT must be pretty or json.');

  const host = text('HOST') ?? '127.0.0.1';
  // A client on another machine could otherwise use the server to reach services that trust only this machine.
  const defaultNetworks = !production && isLoopback(host) ? LOOPBACK : [];

  const environment: Environment = {
    production,
    port,
    portIsDefault: portText === null,
    host,
    databaseUrl,
    dataDirectory: text('PAGGIO_DATA_DIR') ?? '.paggio',
    masterKey,
    previousMasterKeys,
    publicUrl,
    ingestUrl,
    allowedNetworks: networksOf('PAGGIO_ALLOWED_NETWORKS', defaultNetworks),
    nat64Prefixes,
    trustedProxies: networksOf('PAGGIO_TRUSTED_PROXIES', []),
    // A server on loopback has no other names, so a request with another name comes from DNS rebinding.
    allowedHosts: allowedHosts ?? (isLoopback(host) ? [] : null),
    egressProxy,
    egressProxyTarget: egressProxyTarget === 'name' ? 'name' : 'address',
    certificateAuthorities,
    unusedProxies,
    stagingHost,
    localUrl,
    allowedPorts,
    pauseFailingAfterHours,
    roles,
    bodyLimit: bodyLimit ?? 1024 * 1024,
    retentionMs: retentionMs ?? null,
    dedupWindowMs: dedupWindowMs ?? 72 * 3_600_000,
    dialects,
    apiRateLimit: rateOf('PAGGIO_API_RATE_LIMIT', { perSecond: 100, burst: 500 }),
    ingestRateLimit: rateOf('PAGGIO_INGEST_RATE_LIMIT', null),
    captureRateLimit: rateOf('PAGGIO_CAPTURE_RATE_LIMIT', { perSecond: 20_000, burst: 200_000 }),
    captureRateLimitPerUser: rateOf('PAGGIO_CAPTURE_RATE_LIMIT_PER_USER', { perSecond: 40_000, burst: 400_000 }),
    storageQuotaPerEndpoint: quotaOf('PAGGIO_STORAGE_QUOTA_PER_ENDPOINT', null),
    storageQuotaPerUser: quotaOf('PAGGIO_STORAGE_QUOTA_PER_USER', null),
    storageQuotaUnverified: quotaOf('PAGGIO_STORAGE_QUOTA_UNVERIFIED', 10 * 1024 ** 3),
    logLevel,
    logFormat: logFormat === 'pretty' ? 'pretty' : 'json',
  };
  return mistakes.length > 0 ? mistakes : environment;
}

/** Whether only this machine can reach a server with this `HOST`. */
function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host.toLowerCase() === 'localhost' : loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** The variables from which programs such as curl take their proxy. */
const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

const SMALLEST_QUOTA = 1_048_576;

const units: Record<string, number> = {
  '': 1,
  b: 1,
  kb: 1e3,
  kib: 1024,
  mb: 1e6,
  mib: 1024 ** 2,
  gb: 1e9,
  gib: 1024 ** 3,
  tb: 1e12,
  tib: 1024 ** 4,
};

function parseSize(text: string): number | undefined {
  const match = /^(\d{1,12})\s*([a-z]{0,3})$/i.exec(text);
  const unit = units[(match?.[2] ?? '').toLowerCase()];
  return match && unit !== undefined ? Number(match[1]) * unit : undefined;
}

const HOUR_MS = 3_600_000;

/** Milliseconds of a duration from one hour to a hundred years, such as `12h`, `30d` or `8w`. */
function hoursOrMore(text: string): number | undefined {
  const ms = parseDuration(text);
  return ms !== undefined && ms >= HOUR_MS && ms <= 876_000 * HOUR_MS ? ms : undefined;
}

/** Parses `100`, or `100/500` with a burst. */
function parseRate(text: string): RateLimit | undefined {
  const match = /^(\d{1,6})(?:\/(\d{1,7}))?$/.exec(text);
  const perSecond = Number(match?.[1] ?? 0);
  const burst = Number(match?.[2] ?? perSecond * 5);
  const fits = perSecond >= 1 && perSecond <= 100_000 && burst >= 1 && burst <= 1_000_000;
  return fits ? { perSecond, burst } : undefined;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
