import { ClockWatch } from './clock-watch';
import { Telemetry, type TelemetryEvent } from '../telemetry/telemetry';

function watch(): { clock: ClockWatch; heard: TelemetryEvent[] } {
  const telemetry = new Telemetry();
  const heard: TelemetryEvent[] = [];
  telemetry.subscribe((event) => heard.push(event));
  return { clock: new ClockWatch(telemetry), heard };
}

test('a clock that is more than a minute off is reported once, in either direction, and again after it was right [CRA-16]', () => {
  const { clock, heard } = watch();
  const now = 1_800_000_000_000;
  clock.compare(now, now - 10, 20);
  expect([clock.skewMs, heard]).toEqual([0, []]);
  clock.compare(now, now + 59_000, 20);
  expect(heard).toEqual([]);
  for (let look = 0; look < 3; look++) clock.compare(now, now + 3_600_000, 0);
  expect(heard).toEqual([{ type: 'clock.skewed', skewMs: 3_600_000 }]);
  clock.compare(now, now, 0);
  clock.compare(now, now - 61_000, 0);
  expect(heard.slice(1)).toEqual([{ type: 'clock.skewed', skewMs: -61_000 }]);
});

test('a slow answer says nothing about clocks', () => {
  const { clock, heard } = watch();
  clock.compare(0, 3_600_000, 1_500);
  expect([clock.skewMs, heard]).toEqual([null, []]);
});
