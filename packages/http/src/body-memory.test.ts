import { BodyMemory } from './body-memory';

test('bodies that are too large together are refused, and answered requests make room [LOA-09]', () => {
  const memory = new BodyMemory(100);
  const [first, second, third] = [memory.share('a'), memory.share('b'), memory.share('c')];
  expect([first.take(60), second.take(40)]).toEqual([null, null]);
  expect(third.take(1)).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: 5 });
  third.giveBack();
  first.giveBack();
  first.giveBack();
  const fourth = memory.share('d');
  expect(fourth.take(60)).toBeNull();
  expect(fourth.take(1)).toMatchObject({ code: 'UNAVAILABLE' });
});

test('the bodies of one endpoint leave room for other endpoints [LOA-07]', () => {
  const memory = new BodyMemory(100);
  const flood = Array.from({ length: 6 }, () => memory.share('flood'));
  expect(flood.map((share) => share.take(10)?.code ?? null)).toEqual([null, null, null, null, null, 'UNAVAILABLE']);
  flood[5]?.giveBack();
  expect(memory.share('other').take(20)).toBeNull();
  for (const share of flood) share.giveBack();
  expect(memory.share('flood').take(30)).toBeNull();
});
