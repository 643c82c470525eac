import { unwrap, type PaggioClient } from '@paggio/client';

/** Keep the id with the customer, and show the secret to the customer once. */
export async function addCustomer(
  paggio: PaggioClient,
  customer: { name: string; webhookUrl: string },
): Promise<{ endpointId: string; secret: string }> {
  const { id, secret } = unwrap(
    await paggio.endpoints.create({
      name: customer.name,
      destination_url: customer.webhookUrl,
      event_types: ['invoice.*'],
    }),
  );
  return { endpointId: id, secret };
}

/** Sends one event to one customer. */
export async function notify(paggio: PaggioClient, endpointId: string, eventType: string, payload: object) {
  const { deliveries } = unwrap(
    await paggio.events.publish({ event_type: eventType, payload, endpoint_ids: [endpointId] }),
  );
  return deliveries;
}
