/**
 * The value of `X-PJ-Timestamp` in a delivery: Unix seconds with a zero in front, such as `01764400000`.
 *
 * Deliveries and signed ingest sign the same text, `<timestamp>.<body>`, with the same secret. So a receiver could send
 * a delivery's signature back as an event of its own. The zero is part of the signed text, and producers never write
 * one, so signed ingest recognises a delivery's signature by its timestamp. This works in every process, even while the
 * delivery is under way, and without any memory. Receivers that read the header as a number see the same number.
 */
export function deliveryTimestamp(nowMs: number): string {
  return `0${Math.floor(nowMs / 1000)}`;
}

/** Whether a timestamp is one that only deliveries carry. */
export function isDeliveryTimestamp(text: string): boolean {
  return text.startsWith('0');
}
