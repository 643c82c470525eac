/** An object with the tag of its current version. */
export interface Tagged<T> {
  value: T;
  /** The value for `If-Match` in a later change; null if the response has no tag. */
  tag: string | null;
}
