import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;

/**
 * Calls `ended` once, when `parent` is the parent of this process no more. Looks every half second. A script of npm runs
 * in a shell: on Linux npm itself is watched too, because a killed npm leaves that shell behind.
 */
export function whenParentEnds(parent: number, ended: () => void): void {
  const launcher = launcherBehind(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (launcher === undefined || isAlive(launcher))) return;
    clearInterval(timer);
    ended();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** The process that ran `sh -c ...`, when the parent is such a shell. */
function launcherBehind(parent: number): number | undefined {
  try {
    if (readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0')[1] !== '-c') return undefined;
    // Field 4, counted from behind the name, which may hold spaces and brackets (proc(5)).
    const stat = readFileSync(`/proc/${parent}/stat`, 'utf8');
    const pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
