import { catalogue } from '@paggio/providers';
import { answerType, isAnswerType } from './answer-type';

test.each([
  'text/plain',
  'text/plain; charset=utf-8',
  'TEXT/PLAIN;charset="UTF-8"',
  'application/json',
  'application/xml; charset=utf-8',
  'text/xml',
])('%s is allowed as the type of an answer', (type) => {
  expect([isAnswerType(type), answerType(type, '<b>')]).toEqual([true, type]);
});

test.each([
  'text/html',
  'text/html; charset=utf-8',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/javascript',
  'multipart/x-mixed-replace; boundary=a',
  'application/pdf',
  'text/plain, text/html',
  'text/plain; charset=utf-7',
  'text/plain; charset=utf-8; x=y',
  'text/plain\ttext/html',
  ' text/plain',
  '',
  '*/*',
])('%j is answered as plain text', (type) => {
  expect([isAnswerType(type), answerType(type, '')]).toEqual([false, 'text/plain; charset=utf-8']);
});

test('a body without a type is plain text, and an empty body has no type', () => {
  expect([answerType(null, '<script>'), answerType(null, '')]).toEqual(['text/plain; charset=utf-8', null]);
});

test('every answer of a provider in the catalogue has an allowed type', () => {
  const answers = catalogue.flatMap(({ acknowledgement, refusal, spec }) => [
    acknowledgement,
    refusal,
    ...(spec.handshakes ?? []).map(({ reply }) => (reply.kind === 'fixed' ? reply.answer : null)),
  ]);
  const types = answers.flatMap((answer) => answer?.contentType ?? []);
  expect(types.length).toBeGreaterThan(1);
  expect(types.filter((type) => !isAnswerType(type))).toEqual([]);
});
