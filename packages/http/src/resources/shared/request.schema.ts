import { array, oneOf, text, type JsonSchema } from '../../openapi/schema';

export const headers: JsonSchema = {
  type: 'object',
  description: 'Lower-case names; a repeated header is an array.',
  additionalProperties: { anyOf: [{ type: 'string' }, array(text())] },
};

export const payload = {
  payload: {
    description:
      'The body. With payload_format json it stands here byte for byte, so numbers are as precise as they were sent and names may repeat; text: a string; binary: null. The exact bytes are always at /raw.',
  },
  payload_format: oneOf(
    ['json', 'text', 'binary'],
    'json: JSON of RFC 8259 in UTF-8, up to 1 MiB and 512 levels of objects and arrays. text: other UTF-8. binary: other bytes.',
  ),
} satisfies Record<string, JsonSchema>;
