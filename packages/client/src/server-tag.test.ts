import { serverTag } from './server-tag';

test.each([
  ['"nMZ0-_gzip-1234567890A"', '"nMZ0-_gzip-1234567890A"'],
  ['W/"nMZ0-_gzip-1234567890A"', '"nMZ0-_gzip-1234567890A"'],
  ['"nMZ0-_gzip-1234567890A-gzip"', '"nMZ0-_gzip-1234567890A"'],
  ['W/"nMZ0-_gzip-1234567890A-br"', '"nMZ0-_gzip-1234567890A"'],
])('the tag %s of an answer, perhaps compressed by a proxy, is sent back as %s', (header, tag) => {
  expect(serverTag(header)).toBe(tag);
});
