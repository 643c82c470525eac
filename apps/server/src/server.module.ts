import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { PaggioOptions } from '@paggio/core';
import type { DialectName } from '@paggio/http';
import { PaggioModule } from '@paggio/nestjs';

/** The reference server is a host like any other: its whole product is this one import. */
@Module({})
export class ServerModule {
  static with(
    options: PaggioOptions,
    dialects: readonly DialectName[],
    onFault: (error: unknown, requestId: string) => void,
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
          dialects,
          onFault,
          exclusive: true,
          isGlobal: true,
        }),
      ],
    };
  }
}
