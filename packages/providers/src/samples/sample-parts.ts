/** Makes the random parts of a sample, so that no two samples are the same event. */
export interface Make {
  now: Date;
  /** Unix seconds. */
  unix: number;
  /** A prefix and random letters and digits. */
  id(prefix: string, length?: number): string;
  uuid(): string;
  /** Digits from 1 to 9, as text. */
  digits(length: number): string;
  /** Lower-case hexadecimal digits. */
  hex(length: number): string;
}

export interface SampleParts {
  headers?: Record<string, string>;
  /** An object becomes JSON; a text is the body itself. */
  body: object | string;
  /** @default 'application/json' */
  contentType?: string;
}

/** The samples of one provider by event type; the first one stands for the provider. */
export type Samples = Readonly<Record<string, (make: Make) => SampleParts>>;
