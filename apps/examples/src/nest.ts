import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PaggioModule } from '@paggio/nestjs';

@Module({
  imports: [
    PaggioModule.forRoot({
      database: { url: process.env.DATABASE_URL! },
      masterKey: process.env.PAGGIO_MASTER_KEY!,
    }),
  ],
})
class AppModule {}

void NestFactory.create(AppModule).then((app) => app.listen(process.env.PORT ?? 3000));
