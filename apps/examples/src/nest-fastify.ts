import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { OnWebhook, PaggioModule, type WebhookEvent } from '@paggio/nestjs';

class Invoices {
  @OnWebhook('stripe', 'invoice.paid')
  paid(event: WebhookEvent): void {
    console.log('paid', event.id);
  }
}

@Module({
  imports: [
    PaggioModule.forRoot({
      database: { url: process.env.DATABASE_URL! },
      masterKey: process.env.PAGGIO_MASTER_KEY!,
    }),
  ],
  providers: [Invoices],
})
class AppModule {}

void NestFactory.create(AppModule, new FastifyAdapter()).then((app) => app.listen(process.env.PORT ?? 3000));
