import {
  matchesEventType,
  wantedBy,
  type DestinationConfig,
  type EndpointConfig,
  type RoutedEvent,
} from './endpoint-config';
import type { EndpointDirectory } from './endpoint-directory';

/** Makes destinations of handlers. */
export interface HandlerDestinations {
  /** Returns the configuration version after it. One that is there already stays. */
  attach(endpointId: string, handlers: readonly string[]): Promise<number>;
}

export interface RoutingDependencies {
  directory: EndpointDirectory;
  handlers: HandlerDestinations;
  /** A change was committed under this configuration version. */
  changed: (version: number) => void;
}

export interface Route {
  /** As it is now: it may have got destinations. */
  endpoint: EndpointConfig;
  targets: DestinationConfig[];
  /** Why there is nothing to deliver to, or null when there is. */
  capturedReason: 'no_destination' | 'filtered' | null;
}

/** The destinations that an event of an endpoint goes to. */
export class Routing {
  constructor(private readonly dependencies: RoutingDependencies) {}

  /**
   * Without a promise when every handler that wants the event has its destination already: this runs for every event.
   * Else it is made first, so that no event is acknowledged that would not reach its handler.
   */
  route(endpoint: EndpointConfig, event: RoutedEvent): Route | Promise<Route> {
    return matchesEventType(endpoint.eventTypes, event.eventType)
      ? this.again(endpoint, event)
      : { endpoint, ...reached(endpoint, []) };
  }

  /** The same for an event that somebody asks for: what the endpoint lets through by itself does not count. */
  again(endpoint: EndpointConfig, event: RoutedEvent): Route | Promise<Route> {
    if (endpoint.handlers.length > 0) {
      const missing = endpoint.handlers.flatMap((rule) => (wantedBy(rule, event) ? rule.name : []));
      if (missing.length > 0) return this.attach(endpoint, event, missing);
    }
    return { endpoint, ...reached(endpoint, endpoint.destinations.filter(wants(event))) };
  }

  private async attach(addressed: EndpointConfig, event: RoutedEvent, names: string[]): Promise<Route> {
    const { changed, directory, handlers } = this.dependencies;
    changed(await handlers.attach(addressed.id, names));
    const endpoint = (await directory.byId(addressed.id)) ?? addressed;
    return { endpoint, ...reached(endpoint, endpoint.destinations.filter(wants(event))) };
  }
}

function reached(endpoint: EndpointConfig, targets: DestinationConfig[]): Pick<Route, 'targets' | 'capturedReason'> {
  const nothing = endpoint.destinations.length === 0 ? 'no_destination' : 'filtered';
  return { targets, capturedReason: targets.length > 0 ? null : nothing };
}

/** Whether a destination takes an event that its endpoint lets through. */
function wants(event: RoutedEvent): (destination: DestinationConfig) => boolean {
  return ({ eventTypes, handler, rule }) =>
    handler === null ? matchesEventType(eventTypes, event.eventType) : rule !== null && wantedBy(rule, event);
}
