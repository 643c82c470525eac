import { Failure } from '../../api/failure';

/** A mistake that the page sees before the server does. */
export function invalidField(field: string, message: string): Failure {
  return new Failure('Not valid', 422, 'VALIDATION_FAILED', message, [{ field, message }]);
}
