import {
  matchesEventType,
  wantedBy,
  type DestinationConfig,
  type EndpointConfig,
  type RoutedEvent,
} from './endpoint-config';
import type { EndpointDirectory } from './endpoint-directory';

/** Creates destinations for handlers. */
export interface HandlerDestinations {
  /** Adds a destination for each handler that has none yet. Returns the new configuration version. */
  attach(endpointId: string, handlers: readonly string[]): Promise<number>;
}

export interface RoutingDependencies {
  directory: EndpointDirectory;
  handlers: HandlerDestinations;
  /** Called after a change was committed, with its configuration version. */
  changed: (version: number) => void;
}

export interface Route {
  /** The current endpoint. Routing may have added destinations to it. */
  endpoint: EndpointConfig;
  targets: DestinationConfig[];
  /** Why there are no targets, or null when there are some. */
  capturedReason: 'no_destination' | 'filtered' | null;
}

/** Chooses the destinations that an event of an endpoint goes to. */
export class Routing {
  constructor(private readonly dependencies: RoutingDependencies) {}

  /**
   * Chooses the destinations of a new event. It returns no promise when every handler that wants the event already has
   * its destination, because this runs for every event. Otherwise it creates the missing destinations first, so that
   * every acknowledged event reaches its handlers.
   */
  route(endpoint: EndpointConfig, event: RoutedEvent): Route | Promise<Route> {
    return matchesEventType(endpoint.eventTypes, event.eventType)
      ? this.again(endpoint, event)
      : { endpoint, ...reached(endpoint, []) };
  }

  /** Chooses the destinations of a replay. The endpoint's own list of event types does not apply to it. */
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
