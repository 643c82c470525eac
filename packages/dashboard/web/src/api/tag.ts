/** What was read of an object, with the name of its state. */
export interface Tagged<T> {
  value: T;
  /** For `If-Match` of a later change; null where the answer has none. */
  tag: string | null;
}
