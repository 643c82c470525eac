/** A request of an operation and its answer, as a shop would see them. */
export interface Example {
  path?: Readonly<Record<string, string>>;
  query?: Readonly<Record<string, string | number>>;
  headers?: Readonly<Record<string, string>>;
  body?: unknown;
  status: number;
  /** The body of the answer: JSON, or text of another media type. Left out when the answer has no body. */
  answer?: unknown;
}

export type Examples = Readonly<Record<string, Example>>;

/** Ids of the shop's objects. Tests replace them with the ids of real objects. */
export const ids = {
  endpoint: '019a4c5e-7b10-7000-8a3c-5d1e9f20c001',
  payments: '019a4c5e-8a40-7000-95e7-08c9eadb720c',
  destination: '019a4c5e-7b11-7000-9b4d-6e2fa031d002',
  event: '019a4c60-02c4-7000-8c5e-7f30b142e003',
  attempt: '019a4c60-02f1-7000-ad6f-8041c253f004',
  rejection: '019a4c61-5a08-7000-be70-9152d3640005',
  replay: '019a4c66-91d3-7000-8f81-a263e4751006',
  key: '019a4c58-1e70-7000-9092-b374f5862007',
  session: '019a4c57-c2a9-7000-a1a3-c485a6973008',
  record: '019a4c5e-7b13-7000-b2b4-d596b7a84009',
  newEvent: '019a4c66-a0b7-7000-83c5-e6a7c8b9500a',
  newDestination: '019a4c68-3d21-7000-94d6-f7b8d9ca610b',
} as const;

/** Where the shop receives events. Tests replace it with the address of a real receiver. */
export const SHOP = 'https://shop.example.com';
export const GATEWAY = 'https://hooks.example.com';

export const page = (...data: unknown[]): object => ({
  data,
  meta: { total: data.length, limit: 50, offset: 0, has_more: false },
});

/** A list that has no pages. */
export const whole = (...data: unknown[]): object => ({
  data,
  meta: { total: data.length, limit: data.length, offset: 0, has_more: false },
});
