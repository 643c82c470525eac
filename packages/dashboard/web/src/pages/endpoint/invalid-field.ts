import { Failure } from '../../api/failure';

/** A failure that the page finds before it asks the server. */
export function invalidField(field: string, message: string): Failure {
  return new Failure('Invalid input', 422, 'VALIDATION_FAILED', message, [{ field, message }]);
}
