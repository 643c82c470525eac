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
} from '@paggio/core';
import { normalizePath } from '@paggio/http';
import { hostRoutes, type HostRoute } from './host-routes';
import type { SignInLink } from './inject-paggio';
import { createControllers } from './paggio.controllers';
import { PaggioExplorer } from './paggio.explorer';
import { PaggioHttpAdapter } from './paggio.http-adapter';
import {
  asyncShapes,
  ConfigurableModuleClass,
  extraShapes,
  MODULE_OPTIONS_TOKEN,
  mountOptionsOf,
  refuseExtras,
  runtimeOptions,
  type PaggioModuleAsyncOptions,
  type PaggioModuleExtras,
  type PaggioModuleOptions,
} from './paggio.options';
import { PaggioRequestInterceptor } from './paggio.request-interceptor';
import { hostScheduler } from './paggio.scheduler';
import { getPaggioToken, getSignInLinkToken } from './paggio.tokens';

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
 * PaggioModule.forRoot({ database: { url: process.env.DATABASE_URL! }, masterKey: process.env.PAGGIO_MASTER_KEY! })
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

  /**
   * Adds an instance to the app.
   * @throws PaggioError `VALIDATION_FAILED` for wrong options of the module. Wrong options of Paggio stop the start of the app
   * with `BAD_REQUEST`.
   */
  static override forRoot(options: PaggioModuleOptions): DynamicModule {
    checkInput(forRootArguments, [options]);
    return instantiate(super.forRoot(runtimeOptions(options)), options);
  }

  /**
   * Adds an instance to the app whose options are made when the app starts, such as from its configuration or its DataSource.
   * @throws PaggioError `VALIDATION_FAILED` for wrong options of the module, and for unknown ones
   * @example
   * PaggioModule.forRootAsync({
   *   path: '/hooks',
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({
   *     database: { url: config.getOrThrow('DATABASE_URL') },
   *     masterKey: config.getOrThrow('PAGGIO_MASTER_KEY'),
   *   }),
   * })
   */
  static override forRootAsync(options: PaggioModuleAsyncOptions): DynamicModule {
    checkInput(forRootAsyncArguments, [options]);
    return instantiate(super.forRootAsync(options), options);
  }

  /** Nest calls this after the host has set its global prefix, and before it makes the routes. */
  configure(_consumer: MiddlewareConsumer): void {
    const options = this.config.getGlobalPrefixOptions();
    // Senders know the URLs, so the global prefix must not change them. Nest compares route templates, and only those
    // of Paggio may match.
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
    this.instance.paggio.host.quiesce();
  }

  /** Nest calls this after the server has stopped taking requests. */
  async onApplicationShutdown(): Promise<void> {
    await this.instance.paggio.stop();
  }
}

/** How many routes the warning names. It only counts the others. */
const SHOWN_CLASHES = 5;

/** Warns about routes of the app whose requests Paggio answers. */
function warnOfClashes(routes: readonly HostRoute[], adapter: PaggioHttpAdapter, base: string): void {
  const clashes = routes.filter(({ path }) => adapter.claims(path)).map(({ method, path }) => `${method} ${path}`);
  if (clashes.length === 0) return;
  const more = clashes.length > SHOWN_CLASHES ? ` and ${clashes.length - SHOWN_CLASHES} more` : '';
  new Logger('Paggio').warn(
    `Paggio answers these routes of the app: ${clashes.slice(0, SHOWN_CLASHES).join(', ')}${more}. ` +
      `Give PaggioModule another path, such as path: '/paggio' (currently '${base || '/'}'), or switch off its API with roles: ['capture', 'deliver'].`,
  );
}

const { members } = rules;

/** `createPaggio` checks the other options of `forRoot`, and refuses unknown ones. */
const forRootArguments: Arguments = [['options', members(extraShapes, { open: true })]];

/** Nest drops unknown options of `forRootAsync`, so they are refused here. */
const forRootAsyncArguments: Arguments = [['', members(asyncShapes, { options: true })]];

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
        refuseExtras(options);
        return createPaggio({
          ...options,
          // Looked up when it is needed, because Nest may make the host's registry after this provider.
          scheduler: options.scheduler ?? { every: (...args) => hostScheduler(moduleRef, name).every(...args) },
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
        return new PaggioHttpAdapter(paggio, { ...mountOptionsOf(extras), path: base }, onFault);
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
    useFactory:
      (adapter: PaggioHttpAdapter): SignInLink =>
      (principal) =>
        adapter.handle.signInLink(principal),
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
  paggio.subscribe((event) => {
    if (event.type === 'fault') logger.error(...fault(event.where, event.error));
    else if (event.type === 'handler.failed') {
      const [text, stack] = fault(event.handler, event.error ?? 'The handler did not finish in time');
      logger.warn(`${text} (event ${event.eventId})${stack === undefined ? '' : `\n${stack}`}`);
    }
  });
}

/** Text and stack for Nest's logger, without values and control characters, because the logger prints both as they are. */
function fault(where: string, error: unknown): [string, string | undefined] {
  const { type, message, code, stack } = describeFault(error);
  const name = typeof error === 'string' ? '' : ` ${type}${code === undefined ? '' : ` ${code}`}:`;
  return [printable(`${where}:${name} ${message}`), stack];
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
