import { createHash } from 'node:crypto';

/** The values that a signed text may contain. */
export interface TemplateValues {
  timestamp: string;
  id: string;
  url: string;
  method: string;
  body: Buffer;
  /** Only for schemes that hash the secret together with the rest. */
  secret?: Buffer;
}

type Segment = Buffer | { name: keyof TemplateValues; hash?: 'raw' | 'hex' | 'base64' };

const PLACES = /(\{(?:timestamp|id|url|method|body|secret|body_sha256(?:_hex|_base64)?)\})/;

/**
 * A template of the signed text, such as `{timestamp}.{body}`, compiled once. The body is hashed as bytes and never
 * decoded. A template may have the SHA-256 of the body instead: as 32 bytes (`{body_sha256}`), or as text
 * (`{body_sha256_hex}`, `{body_sha256_base64}`).
 */
export class Template {
  private readonly segments: Segment[];

  constructor(readonly text: string) {
    this.segments = text
      .split(PLACES)
      .filter((part) => part !== '')
      .map((part): Segment => {
        if (!PLACES.test(part)) return Buffer.from(part, 'utf8');
        const name = part.slice(1, -1);
        if (!name.startsWith('body_sha256')) return { name: name as keyof TemplateValues };
        return { name: 'body', hash: name === 'body_sha256' ? 'raw' : (name.slice('body_sha256_'.length) as 'hex') };
      });
  }

  uses(name: keyof TemplateValues): boolean {
    return this.segments.some((segment) => !Buffer.isBuffer(segment) && segment.name === name);
  }

  /** The signed bytes, part by part. Header values arrive as Latin-1 text and become their original bytes. */
  parts(values: TemplateValues): Buffer[] {
    return this.segments.map((segment) => {
      if (Buffer.isBuffer(segment)) return segment;
      if (segment.hash !== undefined) {
        const digest = createHash('sha256').update(values.body).digest();
        return segment.hash === 'raw' ? digest : Buffer.from(digest.toString(segment.hash), 'latin1');
      }
      if (segment.name === 'body') return values.body;
      if (segment.name === 'secret') return values.secret ?? Buffer.alloc(0);
      return Buffer.from(values[segment.name], segment.name === 'url' ? 'utf8' : 'latin1');
    });
  }

  bytes(values: TemplateValues): Buffer {
    return Buffer.concat(this.parts(values));
  }
}
