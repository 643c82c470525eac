import { GrowthWatch } from './growth-watch';
import { Telemetry } from '../telemetry/telemetry';

const GiB = 1024 ** 3;

test('growth is reported once past a GiB and once at each doubling', async () => {
  const telemetry = new Telemetry();
  const reported: number[] = [];
  telemetry.subscribe((event) => {
    if (event.type === 'storage.growing') reported.push(event.bytes / GiB);
  });
  let bytes = 0;
  const watch = new GrowthWatch(telemetry, () => Promise.resolve(bytes));
  for (const size of [0.5, 0.99, 1, 1.5, 1.9, 2, 2.1, 9, 15, 12, 16, 31, 33]) {
    bytes = size * GiB;
    await watch.look();
  }
  expect(reported).toEqual([1, 2, 9, 16, 33]);
});
