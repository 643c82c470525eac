import { BodyMemory } from './body-memory';

test('LOA-09: bodies that are too much together are refused, and what was answered makes room', () => {
  const memory = new BodyMemory(100);
  const [first, second, third] = [memory.share(), memory.share(), memory.share()];
  first.take(60);
  second.take(40);
  expect(() => third.take(1)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE', retryAfterSeconds: 5 }));
  third.giveBack();
  first.giveBack();
  first.giveBack();
  const fourth = memory.share();
  fourth.take(60);
  expect(() => fourth.take(1)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
});
