import { Controller, Inject, UseFilters, UseGuards, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { PaggioFilter } from './paggio.filter';
import type { PaggioHttpAdapter } from './paggio.http-adapter';
import { PaggioGuard } from './paggio.guard';
import type { PaggioModuleExtras } from './paggio.options';
import { Call, Route, type RouteCall } from './paggio.route';

/**
 * Controllers of one instance. They are made per instance, because path and guards are part of their metadata; each
 * method is one call of the operation it is named after.
 */
export function createControllers(base: string, adapterToken: symbol, extras: PaggioModuleExtras): Type<unknown>[] {
  abstract class Base {
    constructor(@Inject(adapterToken) readonly adapter: PaggioHttpAdapter) {}

    protected run(call: RouteCall): Promise<void> {
      return this.adapter.run(call.operation, call.request, call.response);
    }
  }

  class EventsController extends Base {
    // Before the events by id, which its path would be one of.
    @Route('events.stream') stream(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.publish') publish(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.attempts') attempts(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.raw') raw(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.verification') verification(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.replay') replay(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('events.cancel') cancel(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class RejectionsController extends Base {
    @Route('rejections.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('rejections.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('rejections.raw') raw(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('rejections.verification') verification(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class ReplaysController extends Base {
    @Route('replays.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('replays.create') create(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('replays.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('replays.cancel') cancel(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class EndpointsController extends Base {
    @Route('endpoints.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.create') create(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.update') update(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.delete') delete(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.secret') secret(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.rotate_secret') rotateSecret(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('endpoints.test') test(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class DestinationsController extends Base {
    @Route('destinations.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('destinations.create') create(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('destinations.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('destinations.update') update(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('destinations.delete') delete(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class KeysController extends Base {
    @Route('keys.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('keys.create') create(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('keys.delete') delete(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class SessionsController extends Base {
    @Route('sessions.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('sessions.delete') delete(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('sessions.delete_others') deleteOthers(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class AuditController extends Base {
    @Route('audit.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class ProvidersController extends Base {
    @Route('providers.list') list(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class NotificationsController extends Base {
    @Route('notifications.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('notifications.put') put(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('notifications.test') test(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class StatsController extends Base {
    @Route('stats.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class SystemController extends Base {
    @Route('system.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class HealthController extends Base {
    @Route('health.live') live(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
    @Route('health.ready') ready(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class MetricsController extends Base {
    @Route('metrics.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  class OpenApiController extends Base {
    @Route('openapi.get') get(@Call() call: RouteCall): Promise<void> {
      return this.run(call);
    }
  }

  const controllers: Type<unknown>[] = [
    EventsController,
    RejectionsController,
    ReplaysController,
    EndpointsController,
    DestinationsController,
    KeysController,
    SessionsController,
    AuditController,
    ProvidersController,
    StatsController,
    SystemController,
    NotificationsController,
  ];
  if (extras.health === true) controllers.push(HealthController);
  if (extras.openapi === true) controllers.push(OpenApiController);
  if (extras.metrics === true) controllers.push(MetricsController);
  for (const controller of controllers) {
    Controller({ path: base, version: VERSION_NEUTRAL })(controller);
    // Guards and filter see the instance through the controller's own adapter token.
    UseGuards(...(extras.guards ?? []), PaggioGuard(adapterToken))(controller);
    UseFilters(PaggioFilter(adapterToken))(controller);
  }
  return controllers;
}
