/** A request that failed: the server rejected it, or did not respond. */
export class Failure extends Error {
  override name = 'Failure';

  constructor(
    message: string,
    /** The HTTP status; null if there was no response. */
    readonly status: number | null,
    readonly code: string,
    readonly hint: string,
    /** The invalid fields, each with a message. */
    readonly details: readonly { field: string; message: string }[] = [],
  ) {
    super(message);
  }

  /** The message for a form field, or for the first invalid item of a list field (`event_types[0]`). */
  of(field: string): string | undefined {
    return this.details.find((detail) => detail.field === field || detail.field.startsWith(`${field}[`))?.message;
  }
}

export function noAnswer(): Failure {
  return new Failure(
    'The server is not responding',
    null,
    'NETWORK',
    'Check that it is running and that you are online.',
  );
}

export function tooSlow(): Failure {
  return new Failure('The server took too long to respond', null, 'TIMEOUT', 'Try again. The server log may say why.');
}

export async function toFailure(response: Response): Promise<Failure> {
  try {
    const { message, code, hint, details } = (await response.json()) as Record<string, unknown>;
    if (typeof message === 'string' && typeof code === 'string')
      return new Failure(message, response.status, code, text(hint), Array.isArray(details) ? details : []);
  } catch {
    // A proxy in between responded in its own format.
  }
  return new Failure(`The server responded with ${response.status}`, response.status, 'UNKNOWN', 'Try again.');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
