const { readdirSync, readFileSync } = require('node:fs');

/** Linux counts CPU time in ticks of 10 ms. */
const TICK_MS = 10;

/**
 * CPU time in milliseconds: `own` is that of the process, `children` that of the children that have ended and were
 * waited for. Null on a system without /proc.
 */
function cpuTime(pid) {
  if (process.platform !== 'linux') return null;
  try {
    // The name may contain spaces and brackets, so fields are counted from its end: field 14 of proc(5) is number 11.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) * TICK_MS);
    return { own: user + system, children: childrenUser + childrenSystem };
  } catch {
    return null;
  }
}

/** CPU time of a process and of all its descendants in milliseconds; null if it is unknown. */
function treeTime(pid) {
  const root = cpuTime(pid);
  if (!root) return null;
  const below = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
      below.set(parent, [...(below.get(parent) ?? []), name]);
    } catch {
      // The process has ended.
    }
  }
  const sum = (id) => {
    const { own, children } = cpuTime(id) ?? { own: 0, children: 0 };
    return (below.get(String(id)) ?? []).reduce((total, child) => total + sum(child), own + children);
  };
  return sum(pid);
}

module.exports = { cpuTime, treeTime };
