import Module from 'node:module';
import { armed, type Failpoint } from './failpoints';

// Node loads this before a gateway (--require). It makes failpoints work, and can set the clock wrong.
let wanted: Failpoint | undefined;
let passes = 0;

Object.assign(globalThis, {
  paggioFailpoint(name: string): void {
    if (name !== wanted?.name || ++passes !== wanted.pass) return;
    const { afterMs, signal } = wanted;
    const die = (): void => void process.kill(process.pid, signal);
    if (afterMs === 0) die();
    else setTimeout(die, afterMs);
  },
});

type Compile = (this: unknown, source: string, file: string, ...more: unknown[]) => unknown;
const loader = Module.prototype as unknown as { _compile: Compile };
const compile = loader._compile;
loader._compile = function (source, file, ...more) {
  return compile.call(this, file.includes('node_modules') ? source : armed(source), file, ...more);
};

const RealDate = Date;
let offsetMs = 0;

class SteppedDate extends RealDate {
  constructor(...values: []) {
    super(...((values.length === 0 ? [RealDate.now() + offsetMs] : values) as []));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

globalThis.Date = SteppedDate as DateConstructor;
process.on('message', (word: { clockOffsetMs?: number; failpoint?: Failpoint }) => {
  if (word.clockOffsetMs !== undefined) offsetMs = word.clockOffsetMs;
  if (word.failpoint) {
    wanted = word.failpoint;
    passes = 0;
  }
});
// A listener for messages would keep the process alive.
process.channel?.unref();
