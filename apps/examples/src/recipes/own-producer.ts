import { unwrap, type PaggioClient } from '@paggio/client';

/** A service of yours sends an event to one endpoint. The key makes a repetition harmless. */
export async function reportPayment(
  paggio: PaggioClient,
  endpoint: { id: string; secret: string },
  payment: { id: string; amount: number },
): Promise<string> {
  const accepted = unwrap(
    await paggio.ingest(endpoint.id, payment, {
      secret: endpoint.secret,
      eventType: 'payment.reported',
      idempotencyKey: `payment:${payment.id}`,
    }),
  );
  return accepted.id;
}
