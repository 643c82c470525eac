const { readFileSync } = require('node:fs');

/** Linux counts in ticks of 10 ms. */
const TICK_MS = 10;

/**
 * CPU time of a process in milliseconds, `own` and of those of its children that have ended and were waited for. Null
 * where the system has no /proc.
 */
function cpuTime(pid) {
  if (process.platform !== 'linux') return null;
  try {
    // Behind the name, which may hold spaces and brackets, field 14 of proc(5) is number 11.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) * TICK_MS);
    return { own: user + system, children: childrenUser + childrenSystem };
  } catch {
    return null;
  }
}

module.exports = { cpuTime };
