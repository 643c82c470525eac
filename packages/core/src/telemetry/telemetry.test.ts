import { createPaggio } from '../index';
import { testMasterKey } from '../testing/master-key';
import { Telemetry, type TelemetryEvent } from './telemetry';

const skewed: TelemetryEvent = { type: 'clock.skewed', skewMs: 90_000 };
const growing: TelemetryEvent = { type: 'storage.growing', bytes: 1 };

test('a listener hears every telemetry event, or those of one type, until it unsubscribes', () => {
  const telemetry = new Telemetry();
  const all: TelemetryEvent[] = [];
  const skews: number[] = [];
  const ends = [
    telemetry.subscribe((event) => all.push(event)),
    telemetry.subscribeTo('clock.skewed', (event) => event.type === 'clock.skewed' && skews.push(event.skewMs)),
  ];
  telemetry.emit(skewed);
  telemetry.emit(growing);
  expect([all, skews]).toEqual([[skewed, growing], [90_000]]);
  for (const end of ends) end();
  telemetry.emit(skewed);
  expect([all.length, skews.length, telemetry.watched]).toEqual([2, 1, false]);
});

test('a listener that throws does not affect others', () => {
  const telemetry = new Telemetry();
  const heard: TelemetryEvent[] = [];
  telemetry.subscribe(() => {
    throw new Error('a fault of the app');
  });
  telemetry.subscribe((event) => heard.push(event));
  telemetry.emit(growing);
  expect(heard).toEqual([growing]);
});

test('subscribe takes a listener alone, or a type and a listener, and refuses anything else by name', () => {
  const paggio = createPaggio({ database: { url: 'postgres://nobody@127.0.0.1/x' }, masterKey: testMasterKey });
  const subscribe = paggio.subscribe.bind(paggio) as (...args: unknown[]) => () => void;
  const listener = (): undefined => undefined;
  expect([subscribe(listener)(), subscribe('fault', listener)()]).toEqual([undefined, undefined]);
  const wrong: [unknown[], string, RegExp][] = [
    [[], 'type', /no telemetry event/],
    [[null], 'type', /no telemetry event/],
    [['destination.pausd', listener], 'type', /Did you mean "destination.paused"\?/],
    [['constructor', listener], 'type', /no telemetry event/],
    [['fault'], 'listener', /must be a function/],
    [['fault', {}], 'listener', /must be a function/],
  ];
  for (const [args, field, message] of wrong)
    expect(() => subscribe(...args)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_FAILED',
        details: [{ field, message: expect.stringMatching(message) }],
      }),
    );
});
