import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OnWebhook, PaggioModule, type WebhookEvent } from '@paggio/nestjs';

@Injectable()
class Invoices {
  @OnWebhook('stripe', 'invoice.paid')
  paid(event: WebhookEvent): void {
    console.log('paid', event.id); // throws: retried; returns: delivered
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

void NestFactory.create(AppModule).then((app) => app.listen(process.env.PORT ?? 3000));
