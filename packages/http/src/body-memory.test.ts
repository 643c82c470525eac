import { BodyMemory } from './body-memory';

test('LOA-09: bodies that are too much together are refused, and what was answered makes room', () => {
  const memory = new BodyMemory(100);
  const [first, second, third] = [memory.share(), memory.share(), memory.share()];
  expect([first.take(60), second.take(40)]).toEqual([null, null]);
  expect(third.take(1)).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
  third.giveBack();
  first.giveBack();
  first.giveBack();
  const fourth = memory.share();
  expect(fourth.take(60)).toBeNull();
  expect(fourth.take(1)).toMatchObject({ code: 'UNAVAILABLE' });
});
