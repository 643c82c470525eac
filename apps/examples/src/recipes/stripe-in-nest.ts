import { Injectable, Module } from '@nestjs/common';
import { OnWebhook, PaggioModule, type WebhookEvent } from '@paggio/nestjs';

interface InvoicePaid {
  data: { object: { id: string } };
}

@Injectable()
export class Invoices {
  readonly paid: string[] = [];

  // Called only for events that Stripe has signed. A throw is retried.
  @OnWebhook('stripe', 'invoice.paid')
  markPaid(event: WebhookEvent<InvoicePaid>): void {
    this.paid.push(event.payload.data.object.id);
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
export class AppModule {}
