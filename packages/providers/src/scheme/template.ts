/** What may stand in a signed string. */
export interface TemplateValues {
  timestamp: string;
  id: string;
  url: string;
  method: string;
  body: Buffer;
  /** Only for schemes that hash the secret with the rest. */
  secret?: string;
}

type Segment = string | { name: keyof TemplateValues };

/** A signed string such as `{timestamp}.{body}`, compiled once. The body is hashed as bytes and never decoded. */
export class Template {
  private readonly segments: Segment[];

  constructor(readonly text: string) {
    this.segments = text
      .split(/(\{(?:timestamp|id|url|method|body|secret)\})/)
      .filter((part) => part !== '')
      .map((part) => (/^\{[a-z]+\}$/.test(part) ? { name: part.slice(1, -1) as keyof TemplateValues } : part));
  }

  uses(name: keyof TemplateValues): boolean {
    return this.segments.some((segment) => typeof segment === 'object' && segment.name === name);
  }

  /** Header values arrive as Latin-1 text and are hashed as the bytes they were. */
  write(values: TemplateValues, update: (bytes: Buffer) => void): void {
    for (const segment of this.segments) {
      if (typeof segment === 'string') update(Buffer.from(segment, 'utf8'));
      else if (segment.name === 'body') update(values.body);
      else
        update(
          Buffer.from(
            values[segment.name] ?? '',
            segment.name === 'url' || segment.name === 'secret' ? 'utf8' : 'latin1',
          ),
        );
    }
  }

  bytes(values: TemplateValues): Buffer {
    const parts: Buffer[] = [];
    this.write(values, (bytes) => parts.push(bytes));
    return Buffer.concat(parts);
  }
}
