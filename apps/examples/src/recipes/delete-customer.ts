import { unwrap, type PaggioClient } from '@paggio/client';

/** Ends everything for a customer: the URL answers 410, and nothing more is delivered. */
export async function deleteCustomer(paggio: PaggioClient, endpointId: string): Promise<void> {
  unwrap(await paggio.endpoints.delete(endpointId));
}
