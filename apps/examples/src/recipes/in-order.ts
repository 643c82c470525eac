import { unwrap, type PaggioClient } from '@paggio/client';

/** Events with the same `customer` in their body are delivered one after the other. */
export async function createOrderedEndpoint(paggio: PaggioClient, destinationUrl: string) {
  return unwrap(
    await paggio.endpoints.create({ name: 'accounts', destination_url: destinationUrl, order_by: '/customer' }),
  );
}
