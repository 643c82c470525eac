import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { intervalScheduler, withoutOverlap, type Scheduler } from '@paggio/core';

interface Registry {
  addInterval(name: string, interval: unknown): void;
  deleteInterval(name: string): void;
}

/**
 * The host's `SchedulerRegistry` when it imported `ScheduleModule.forRoot()`, else our own timers. The library must not
 * import that module itself: a second one would run every cron job of the host twice.
 */
export function hostScheduler(moduleRef: ModuleRef, instance: string): Scheduler {
  const registry = findRegistry(moduleRef);
  if (!registry) return intervalScheduler;
  return {
    every(name, intervalMs, task) {
      const unique = `${name}:${instance}`;
      const timer = setInterval(withoutOverlap(task), intervalMs);
      timer.unref();
      registry.addInterval(unique, timer);
      return () => {
        try {
          registry.deleteInterval(unique);
        } catch {
          // The host's own shutdown was first.
          clearInterval(timer);
        }
      };
    },
  };
}

function findRegistry(moduleRef: ModuleRef): Registry | undefined {
  try {
    // Required late: the package is an optional peer.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { SchedulerRegistry } = require('@nestjs/schedule') as { SchedulerRegistry: Type<Registry> };
    return moduleRef.get(SchedulerRegistry, { strict: false });
  } catch {
    // The package is not installed, or the host does not use it.
    return undefined;
  }
}
