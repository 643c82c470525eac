import { Controller, Inject, UseFilters, UseGuards, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { operations, type Operation } from '@paggio/http';
import { PaggioFilter } from './paggio.filter';
import { PaggioGuard } from './paggio.guard';
import type { PaggioHttpAdapter } from './paggio.http-adapter';
import type { PaggioModuleExtras } from './paggio.options';
import { mapRoute, type RouteCall } from './paggio.route';

type Parts = Pick<PaggioModuleExtras, 'guards' | 'health' | 'metrics' | 'openapi'>;

/**
 * Makes the controllers of one instance from the operation table: one for each noun, with one method for each
 * operation, such as `EndpointsController.rotateSecret` for `endpoints.rotate_secret`. Each instance has its own,
 * because their metadata holds its path and guards. Signed ingest has no controller: the request interceptor answers
 * it, like webhooks.
 */
export function createControllers(base: string, adapterToken: symbol, parts: Parts): Type<unknown>[] {
  class Base {
    constructor(@Inject(adapterToken) readonly adapter: PaggioHttpAdapter) {}
  }
  const guards = [...(parts.guards ?? []), PaggioGuard(adapterToken)];
  const filter = PaggioFilter(adapterToken);
  const rows = operations.filter(({ part }) => part === undefined || (part !== 'ingest' && parts[part] === true));
  return [...new Set(rows.map(nounOf))].map((noun) => {
    const name = `${noun === 'openapi' ? 'OpenApi' : capitalized(noun)}Controller`;
    const controller = { [name]: class extends Base {} }[name] as typeof Base;
    for (const operation of rows.filter((row) => nounOf(row) === noun)) {
      const verb = operation.id
        .slice(noun.length + 1)
        .replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      mapRoute(controller, verb, operation, function (this: Base, { operation, request, response }: RouteCall) {
        return this.adapter.run(operation, request, response);
      });
    }
    Controller({ path: base, version: VERSION_NEUTRAL })(controller);
    UseGuards(...guards)(controller);
    UseFilters(filter)(controller);
    return controller;
  });
}

function nounOf({ id }: Operation): string {
  return id.split('.', 1)[0] as string;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
