/**
 * What `X-PJ-Timestamp` of a delivery says: Unix seconds with a zero in front, such as `01764400000`.
 *
 * Deliveries and signed ingest sign the same text, `<timestamp>.<body>`, under the same secret, so a receiver could send a
 * delivery's signature back as an event of its own. The zero is part of what is signed and producers never write one. So
 * signed ingest knows a delivery's signature by its timestamp: in every process, also while the delivery is still under way,
 * and without remembering anything. Receivers that read the header as a number see the same number.
 */
export function deliveryTimestamp(nowMs: number): string {
  return `0${Math.floor(nowMs / 1000)}`;
}

/** Whether a timestamp is one that only deliveries carry. */
export function isDeliveryTimestamp(text: string): boolean {
  return text.startsWith('0');
}
