import type { ErrorBody } from '../answer';
import type { Operation } from '../operation';

/**
 * The routes and shapes of another product on top of the same use cases, so that its clients need only a new base URL.
 * Authentication, scopes, limits and isolation are the same as for the API.
 */
export interface Dialect {
  /** Mounted at `/compat/<name>`. */
  name: string;
  operations: readonly Operation[];
  errorBody: ErrorBody;
}
