import {
  Inject,
  Logger,
  Module,
  RequestMethod,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type OnApplicationShutdown,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, DiscoveryModule, DiscoveryService, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import {
  checkInput,
  createPaggio,
  describeFault,
  Paggio,
  printable,
  rules,
  type Arguments,
  type PaggioOptions,
  type Principal,
  type Shape,
} from '@paggio/core';
import { mountOptions, normalizePath } from '@paggio/http';
import { hostRoutes, type HostRoute } from './host-routes';
import { createControllers } from './paggio.controllers';
import { PaggioRequestInterceptor } from './paggio.request-interceptor';
import { PaggioExplorer } from './paggio.explorer';
import { PaggioHttpAdapter } from './paggio.http-adapter';
import {
  ConfigurableModuleClass,
  getPaggioToken,
  getSignInLinkToken,
  MODULE_OPTIONS_TOKEN,
  type PaggioModuleExtras,
} from './paggio.options';
import { hostScheduler } from './paggio.scheduler';

const INSTANCE = Symbol('paggio instance');

interface Instance {
  paggio: Paggio;
  adapter: PaggioHttpAdapter;
  interceptor: PaggioRequestInterceptor;
  explorer: PaggioExplorer;
  name: string;
  base: string;
}

/**
 * A webhook gateway inside a NestJS app.
 * @example
 * PaggioModule.forRoot({ database: { url: process.env.DATABASE_URL }, masterKey: process.env.PAGGIO_MASTER_KEY })
 */
@Module({})
export class PaggioModule
  extends ConfigurableModuleClass
  implements NestModule, OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(INSTANCE) private readonly instance: Instance,
    private readonly config: ApplicationConfig,
    private readonly discovery: DiscoveryService,
  ) {
    super();
  }

  static override forRoot(options: Parameters<typeof ConfigurableModuleClass.forRoot>[0]): DynamicModule {
    checkInput(forRootArguments, [options]);
    return instantiate(super.forRoot(options), options);
  }

  static override forRootAsync(options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0]): DynamicModule {
    checkInput(forRootAsyncArguments, [options]);
    return instantiate(super.forRootAsync(options), options);
  }

  /** Runs before the host's routes are made, and after it has set its global prefix. */
  configure(_consumer: MiddlewareConsumer): void {
    const options = this.config.getGlobalPrefixOptions();
    // Senders know the URL, so `path` alone decides it. Nest compares route templates, and only ours may match.
    const templates = this.instance.adapter.api.paths.map((path) => escape(this.instance.base + path));
    const ours = {
      path: this.instance.base,
      requestMethod: RequestMethod.ALL,
      pathRegex: new RegExp(`^(?:${templates.join('|')})/?$`),
    };
    this.config.setGlobalPrefixOptions({ ...options, exclude: [...(options.exclude ?? []), ours] });
  }

  async onModuleInit(): Promise<void> {
    const { interceptor, explorer, name, paggio } = this.instance;
    interceptor.install();
    explorer.register(paggio, name);
    await paggio.start();
  }

  onApplicationBootstrap(): void {
    const { explorer, adapter, base } = this.instance;
    explorer.open();
    warnOfClashes(hostRoutes(this.discovery, this.config), adapter, base);
  }

  beforeApplicationShutdown(): void {
    this.instance.paggio.quiesce();
  }

  /** After the server has stopped to take requests. */
  async onApplicationShutdown(): Promise<void> {
    await this.instance.paggio.stop();
  }
}

/** Named in the warning; more are counted. */
const SHOWN_CLASHES = 5;

/** Tells of routes of the app whose requests go to Paggio. */
function warnOfClashes(routes: readonly HostRoute[], adapter: PaggioHttpAdapter, base: string): void {
  const clashes = routes.filter(({ path }) => adapter.claims(path)).map(({ method, path }) => `${method} ${path}`);
  if (clashes.length === 0) return;
  const more = clashes.length > SHOWN_CLASHES ? ` and ${clashes.length - SHOWN_CLASHES} more` : '';
  new Logger('Paggio').warn(
    `Routes of this app are routes of Paggio too: ${clashes.slice(0, SHOWN_CLASHES).join(', ')}${more}. ` +
      `Give PaggioModule another path (path: '/paggio'; it is '${base || '/'}' now), or leave its API out with roles: ['capture', 'deliver'].`,
  );
}

const { anything, flag, list, members, optional, text } = rules;

const extraOptions: Record<keyof PaggioModuleExtras, Shape> = {
  ...mountOptions,
  name: optional(text(1, 100)),
  isGlobal: optional(flag),
  guards: optional(list(anything)),
};

/** `createPaggio` judges the other options of `forRoot`, and refuses unknown ones. */
const forRootArguments: Arguments = [['options', members(extraOptions, { open: true })]];

/** What `forRootAsync` takes: what Nest makes the other options from, and the extras. An unknown option would be dropped. */
const forRootAsyncArguments: Arguments = [
  [
    '',
    members(
      {
        ...extraOptions,
        useFactory: anything,
        useClass: anything,
        useExisting: anything,
        inject: anything,
        imports: anything,
        provideInjectionTokensFrom: anything,
      },
      { options: true },
    ),
  ],
];

function instantiate(definition: DynamicModule, extras: PaggioModuleExtras): DynamicModule {
  const name = extras.name ?? 'default';
  const base = normalizePath(extras.path);
  const token = getPaggioToken(name);
  const adapterToken = Symbol(`paggio:${name}:http-adapter`);
  const logger = new Logger('Paggio');
  const providers: Provider[] = [
    {
      provide: token,
      inject: [MODULE_OPTIONS_TOKEN, ModuleRef],
      useFactory: (options: PaggioOptions, moduleRef: ModuleRef) => {
        const {
          path: _path,
          name: _name,
          isGlobal: _isGlobal,
          guards: _guards,
          health: _health,
          exclusive: _exclusive,
          dashboard: _dashboard,
          openapi: _openapi,
          dialects: _dialects,
          metrics: _metrics,
          resolveUser: _resolveUser,
          allow: _allow,
          onFault: _onFault,
          allowedHosts: _allowedHosts,
          ...runtime
        } = options as PaggioOptions & PaggioModuleExtras;
        return createPaggio({
          ...runtime,
          // Asked for late: the host's registry may be made after this provider.
          scheduler: runtime.scheduler ?? { every: (...args) => hostScheduler(moduleRef, name).every(...args) },
        });
      },
    },
    {
      provide: adapterToken,
      inject: [token],
      useFactory: (paggio: Paggio) => {
        if (!extras.onFault) logFaults(paggio, logger);
        const onFault =
          extras.onFault ??
          ((error: unknown, requestId: string) => logger.error(...fault(`request ${requestId}`, error)));
        const { health, exclusive, dashboard, openapi, metrics, dialects, resolveUser, allow, allowedHosts } = extras;
        const parts = { health, exclusive, dashboard, openapi, metrics, dialects };
        const options = { path: base, ...parts, resolveUser, allow, allowedHosts };
        return new PaggioHttpAdapter(paggio, options, onFault);
      },
    },
    {
      provide: INSTANCE,
      inject: [token, adapterToken, HttpAdapterHost, DiscoveryService, ModuleRef],
      useFactory: (
        paggio: Paggio,
        adapter: PaggioHttpAdapter,
        host: HttpAdapterHost,
        discovery: DiscoveryService,
        moduleRef: ModuleRef,
      ): Instance => ({
        paggio,
        adapter,
        name,
        base,
        interceptor: new PaggioRequestInterceptor(host, adapter, base),
        explorer: new PaggioExplorer(discovery, moduleRef),
      }),
    },
  ];
  const linkToken = getSignInLinkToken(name);
  providers.push({
    provide: linkToken,
    inject: [adapterToken],
    useFactory: (adapter: PaggioHttpAdapter) => (principal: Principal) => adapter.handle.signInLink(principal),
  });
  const exported: (symbol | typeof Paggio)[] = [token, linkToken];
  if (name === 'default') {
    providers.push({ provide: Paggio, useExisting: token });
    exported.push(Paggio);
  }
  return {
    ...definition,
    global: extras.isGlobal ?? false,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    controllers: createControllers(base, adapterToken, extras),
    providers: [...(definition.providers ?? []), ...providers],
    exports: exported,
  };
}

function logFaults(paggio: Paggio, logger: Logger): void {
  paggio.subscribe((happening) => {
    if (happening.type === 'fault') logger.error(...fault(happening.where, happening.error));
    else if (happening.type === 'handler.failed') {
      const [text, stack] = fault(happening.handler, happening.error ?? 'It did not end in time');
      logger.warn(`${text} (event ${happening.eventId})${stack === undefined ? '' : `\n${stack}`}`);
    }
  });
}

/** Text and stack for Nest's logger, which prints both as they are: values and control characters are left out. */
function fault(where: string, error: unknown): [string, string | undefined] {
  const { type, message, code, stack } = describeFault(error);
  const name = typeof error === 'string' ? '' : ` ${type}${code === undefined ? '' : ` ${code}`}:`;
  return [printable(`${where}:${name} ${message}`), stack];
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
