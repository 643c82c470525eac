import type { Type } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { intervalScheduler, withoutOverlap, type Scheduler } from '@paggio/core';

interface Registry {
  addInterval(name: string, interval: unknown): void;
  deleteInterval(name: string): void;
}

/**
 * Uses the host's `SchedulerRegistry` if the host imports `ScheduleModule.forRoot()`, and Paggio's own timers if not. Paggio
 * must not import that module itself: with a second one, every cron job of the host would run twice.
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
          // The shutdown of the host has removed it already.
          clearInterval(timer);
        }
      };
    },
  };
}

function findRegistry(moduleRef: ModuleRef): Registry | undefined {
  try {
    // Loaded here, because the package is an optional peer.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { SchedulerRegistry } = require('@nestjs/schedule') as { SchedulerRegistry: Type<Registry> };
    return moduleRef.get(SchedulerRegistry, { strict: false });
  } catch {
    // The package is not installed, or the host does not use it.
    return undefined;
  }
}
