import type { ErrorBody } from '../answer';
import type { Operation } from '../operation';

/**
 * The shapes of another product over the same use cases, for people who change nothing but the base URL of their client.
 * Authentication, scopes, limits and isolation are those of the API.
 */
export interface Dialect {
  /** Mounted at `/compat/<name>`. */
  name: string;
  operations: readonly Operation[];
  errorBody: ErrorBody;
}
