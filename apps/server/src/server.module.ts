import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { PaggioOptions } from '@paggio/core';
import { PaggioModule, type PaggioModuleOptions } from '@paggio/nestjs';

/** The reference server is a host like any other: this one import is the whole product. */
@Module({})
export class ServerModule {
  static with(
    options: PaggioOptions,
    parts: Pick<PaggioModuleOptions, 'dialects' | 'allowedHosts' | 'onFault'>,
  ): DynamicModule {
    return {
      module: ServerModule,
      imports: [
        ScheduleModule.forRoot(),
        PaggioModule.forRoot({
          ...options,
          health: true,
          openapi: true,
          metrics: true,
          dashboard: true,
          ...parts,
          exclusive: true,
          isGlobal: true,
        }),
      ],
    };
  }
}
