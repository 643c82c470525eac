import { array, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const headers: JsonSchema = {
  type: 'object',
  description: 'Names are in lower case. A repeated header is an array.',
  additionalProperties: { anyOf: [{ type: 'string' }, array(text())] },
};

export const payload = {
  payload: {
    description:
      'The body. With payload_format json, it is embedded byte for byte, so numbers keep their precision and names may repeat. With text it is a string, with binary it is null. The exact bytes are always at /raw.',
  },
  payload_format: oneOf(
    ['json', 'text', 'binary'],
    'json: JSON (RFC 8259) in UTF-8, up to 1 MiB and nested at most 512 deep. text: other UTF-8. binary: other bytes.',
  ),
} satisfies Record<string, JsonSchema>;
