/** What a sample is made with, so that no two of them are the same event. */
export interface Make {
  now: Date;
  /** Unix seconds. */
  unix: number;
  /** Letters and digits behind a prefix. */
  id(prefix: string, length?: number): string;
  uuid(): string;
  /** Digits only, as text. */
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
