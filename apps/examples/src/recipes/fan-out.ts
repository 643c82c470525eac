import { unwrap, type PaggioClient } from '@paggio/client';

/** Every event goes to the shop. Invoices also go to accounting, with more patient retries. */
export async function createFanOut(paggio: PaggioClient, urls: { shop: string; accounting: string }) {
  return unwrap(
    await paggio.endpoints.create({
      name: 'orders',
      destinations: [
        { name: 'shop', url: urls.shop },
        {
          name: 'accounting',
          url: urls.accounting,
          event_types: ['invoice.*'],
          headers_json: { 'X-Token': 'accounting-token' },
          retry: { preset: 'patient' },
        },
      ],
    }),
  );
}
