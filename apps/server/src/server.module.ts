import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import type { PaggioOptions } from '@paggio/core';
import { PaggioModule } from '@paggio/nestjs';

/** The reference server is a host like any other: its whole product is this one import. */
@Module({})
export class ServerModule {
  static with(options: PaggioOptions): DynamicModule {
    return {
      module: ServerModule,
      imports: [
        ScheduleModule.forRoot(),
        PaggioModule.forRoot({ ...options, health: true, exclusive: true, dashboard: true, isGlobal: true }),
      ],
    };
  }
}
