import { RequestMethod, VERSION_NEUTRAL, VersioningType, type Type } from '@nestjs/common';
import { MetadataScanner, type ApplicationConfig, type DiscoveryService } from '@nestjs/core';
import { OPERATION } from './paggio.route';

/** A route of one of the app's controllers, such as `GET /api/v1/events/:id`. */
export interface HostRoute {
  method: string;
  path: string;
}

/** The metadata keys of Nest's decorators. */
const PATH = 'path';
const METHOD = 'method';
const VERSION = '__version__';

/**
 * Finds the routes of the app's own controllers, with its global prefix and its versions in the path. It does not see routes
 * that a middleware answers, nor the prefix of a RouterModule.
 */
export function hostRoutes(discovery: DiscoveryService, config: ApplicationConfig): HostRoute[] {
  const scanner = new MetadataScanner();
  return discovery.getControllers().flatMap(({ metatype }) => {
    if (typeof metatype !== 'function') return [];
    const controller = metatype as Type<object>;
    const prototype = controller.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name] as object;
      const method = Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined;
      if (method === undefined || Reflect.hasMetadata(OPERATION, handler)) return [];
      const versions = versionsOf(config, handler, controller);
      return versions.flatMap((version) =>
        textsOf(Reflect.getMetadata(PATH, controller)).flatMap((base) =>
          textsOf(Reflect.getMetadata(PATH, handler)).map((path) => ({
            method: RequestMethod[method] ?? 'ALL',
            path: joined(config.getGlobalPrefix(), version, base, path),
          })),
        ),
      );
    });
  });
}

/** The path segment of each version of a route. A route without a version has one empty segment. */
function versionsOf(config: ApplicationConfig, handler: object, controller: object): string[] {
  const versioning = config.getVersioning();
  if (versioning?.type !== VersioningType.URI) return [''];
  const own: unknown =
    Reflect.getMetadata(VERSION, handler) ?? Reflect.getMetadata(VERSION, controller) ?? versioning.defaultVersion;
  const prefix = versioning.prefix === false ? '' : (versioning.prefix ?? 'v');
  return (Array.isArray(own) ? own : [own]).map((version: unknown) =>
    typeof version === 'string' && version !== (VERSION_NEUTRAL as unknown) ? prefix + version : '',
  );
}

function textsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map((one) => (typeof one === 'string' ? one : ''));
}

function joined(...parts: string[]): string {
  const segments = parts.flatMap((part) => part.split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
