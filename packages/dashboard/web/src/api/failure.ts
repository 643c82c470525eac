/** What the server said instead of doing it, or that it said nothing. */
export class Failure extends Error {
  override name = 'Failure';

  constructor(
    message: string,
    /** Null: there was no answer. */
    readonly status: number | null,
    readonly code: string,
    readonly hint: string,
    /** What is wrong, by the name of the field. */
    readonly details: readonly { field: string; message: string }[] = [],
  ) {
    super(message);
  }

  /** What is wrong with a field of a form, or with an item of a list in it (`event_types[0]`). */
  of(field: string): string | undefined {
    return this.details.find((detail) => detail.field === field || detail.field.startsWith(`${field}[`))?.message;
  }
}

export function noAnswer(): Failure {
  return new Failure('The server does not answer', null, 'NETWORK', 'Check that it runs and that you are online.');
}

export function tooSlow(): Failure {
  return new Failure('The server takes too long', null, 'TIMEOUT', 'Try again; its log may say why.');
}

export async function toFailure(response: Response): Promise<Failure> {
  try {
    const { message, code, hint, details } = (await response.json()) as Record<string, unknown>;
    if (typeof message === 'string' && typeof code === 'string')
      return new Failure(message, response.status, code, text(hint), Array.isArray(details) ? details : []);
  } catch {
    // A proxy in between answered in its own words.
  }
  return new Failure(`The server answered ${response.status}`, response.status, 'UNKNOWN', 'Try again.');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
