import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { Server as HttpServer } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import { Paggio, PaggioError, scopes, type MasterKeys } from '@paggio/core';
import { EmbeddedDatabaseError, startEmbeddedDatabase, type EmbeddedDatabase } from '@paggio/embedded-database';
import { answerRefusals } from '@paggio/http';
import { getSignInLinkToken, type SignInLink } from '@paggio/nestjs';
import { basePathOf, takeBasePath } from './base-path';
import { DataDirectory } from './data-directory';
import type { Environment } from './environment';
import { firstRun, operator } from './first-run';
import { KeyRotation } from './key-rotation';
import { LimitedExpressAdapter } from './http-adapter';
import { LoopbackName } from './loopback';
import { NestLog } from './nest-log';
import type { Output } from './output';
import type { RunningServer } from './running-server';
import { ServerModule } from './server.module';
import { StartError } from './start-error';

/** How many ports above the default one the server tries. */
const PORTS_TRIED = 50;

/** @throws StartError if the server cannot start; nothing is left running */
export async function startServer(environment: Environment, output: Output): Promise<RunningServer> {
  const directory = new DataDirectory(environment.dataDirectory);
  const masterKeys = readKeys(environment, directory);
  let embedded: EmbeddedDatabase | undefined;
  let app: INestApplication | undefined;
  let loopback: LoopbackName | null = null;
  let rotation: KeyRotation | undefined;
  const stop = async (): Promise<void> => {
    loopback?.close();
    await rotation?.stop();
    await app?.close();
    await embedded?.stop();
  };
  try {
    if (environment.databaseUrl === null)
      embedded = await startEmbeddedDatabase({
        directory: directory.path,
        restarted: (error) => {
          if (error) output.fault(error, { where: 'embedded database' });
          else output.say('warn', 'The embedded database stopped and was restarted', { directory: directory.path });
        },
      });
    app = await NestFactory.create(
      ServerModule.with(
        {
          database: { url: environment.databaseUrl ?? (embedded as EmbeddedDatabase).url },
          masterKey: masterKeys.current,
          previousMasterKeys: masterKeys.previous,
          publicUrl: environment.publicUrl ?? undefined,
          ingestUrl: environment.ingestUrl,
          roles: environment.roles,
          bodyLimit: environment.bodyLimit,
          allowedNetworks: environment.allowedNetworks,
          nat64Prefixes: environment.nat64Prefixes,
          allowedPorts: environment.allowedPorts,
          pauseFailingAfter:
            environment.pauseFailingAfterHours === null ? null : environment.pauseFailingAfterHours * 3_600_000,
          trustedProxies: environment.trustedProxies,
          egressProxy: environment.egressProxy,
          egressProxyTarget: environment.egressProxyTarget,
          certificateAuthorities: environment.certificateAuthorities,
          stagingHost: environment.stagingHost,
          localUrl: environment.localUrl,
          retention: environment.retentionMs,
          dedupWindow: environment.dedupWindowMs,
          apiRateLimit: environment.apiRateLimit,
          ingestRateLimit: environment.ingestRateLimit,
          captureRateLimit: environment.captureRateLimit,
          captureRateLimitPerUser: environment.captureRateLimitPerUser,
          storageQuotaPerEndpoint: environment.storageQuotaPerEndpoint,
          storageQuotaPerUser: environment.storageQuotaPerUser,
          storageQuotaUnverified: environment.storageQuotaUnverified,
        },
        {
          dialects: environment.dialects,
          allowedHosts: environment.allowedHosts ?? undefined,
          onFault: (error, requestId) => output.fault(error, { request_id: requestId }),
        },
      ),
      new LimitedExpressAdapter(),
      { logger: new NestLog(output), abortOnError: false },
    );
    const paggio = app.get(Paggio);
    // Subscribe before the start, so that events during the start are printed too.
    paggio.subscribe((event) => output.happened(event));
    await app.init();
    const httpServer = app.getHttpServer() as HttpServer;
    answerRefusals(httpServer);
    if (environment.publicUrl !== null) takeBasePath(httpServer, basePathOf(environment.publicUrl));
    const movedFrom = await listen(app, environment);
    const address = httpServer.address() as AddressInfo;
    loopback = await LoopbackName.of(httpServer);
    const shownHost = environment.host === '0.0.0.0' || environment.host === '::' ? 'localhost' : environment.host;
    const url = `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${address.port}`;
    if (environment.publicUrl === null) paggio.host.address.publishedAt(url);
    const named = loopback && `http://${loopback.name}:${address.port}`;
    for (const own of [
      url,
      named,
      ...['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${address.port}`),
    ])
      if (own !== null) paggio.host.address.listeningAt(own);
    const first = await firstRun(paggio, directory);
    const signInLink = app.get<SignInLink>(getSignInLinkToken(), { strict: false });
    const link = await signInLink({ ...operator, scopes: new Set(scopes), keyId: null });
    if (embedded || environment.masterKey === null) {
      rotation = new KeyRotation(paggio, directory);
      rotation.start();
    }
    return {
      paggio,
      url,
      movedFrom,
      database: embedded
        ? {
            embedded: true,
            description: `embedded PostgreSQL, files in ${directory.path}${embedded.adopted ? ' (already running)' : ''}`,
          }
        : { embedded: false, description: withoutPassword(environment.databaseUrl as string) },
      dataDirectory: directory.path,
      dashboardUrl: link === null ? null : (named ?? url) + link,
      dashboardAddressUrl: link === null || named === null ? null : url + link,
      stop,
      release: async () => embedded?.stop(),
      ...first,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw toStartError(error, environment);
  }
}

/** Reads the master keys from the environment, or else from the data directory. Previous keys may come from both. */
function readKeys(environment: Environment, directory: DataDirectory): MasterKeys {
  const { masterKey, previousMasterKeys } = environment;
  if (masterKey !== null) return { current: masterKey, previous: previousMasterKeys };
  const { current, previous } = directory.masterKeys();
  const all = [...previousMasterKeys, ...previous];
  const isFirst = (key: Buffer, index: number): boolean => all.findIndex((other) => other.equals(key)) === index;
  return { current, previous: all.filter((key, index) => !key.equals(current) && isFirst(key, index)) };
}

/** Listens. Returns the configured port if it was in use and another one was taken; otherwise null. */
async function listen(app: INestApplication, environment: Environment): Promise<number | null> {
  for (let port = environment.port; ; port++) {
    try {
      await app.listen(port, environment.host);
      return port === environment.port ? null : environment.port;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!taken || !environment.portIsDefault || port >= environment.port + PORTS_TRIED) throw error;
    }
  }
}

function toStartError(error: unknown, environment: Environment): StartError {
  if (error instanceof StartError) return error;
  if (error instanceof PaggioError || error instanceof EmbeddedDatabaseError)
    return new StartError(error.message, error.hint);
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new StartError(`Port ${environment.port} is already in use.`, 'Set PORT to a free port, or leave it unset.');
  if (code === 'EACCES')
    return new StartError(`This user may not listen on port ${environment.port}.`, 'Set PORT to a port above 1023.');
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(
      `HOST ${environment.host} is not an address of this machine.`,
      'Set HOST to 127.0.0.1 or 0.0.0.0.',
    );
  return new StartError(message ?? String(error), 'This is a bug in Paggio. Please report it with this message.');
}

function withoutPassword(url: string): string {
  // Do not show any part of URLs that only pg understands, such as `postgres://user:secret@/name?host=/run`.
  if (!URL.canParse(url)) return 'PostgreSQL at DATABASE_URL';
  const shown = new URL(url);
  shown.password = '';
  shown.searchParams.delete('password');
  return shown.href;
}
