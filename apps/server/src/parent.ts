import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 500;

/**
 * Calls `ended` once, when `parent` is no longer the parent of this process. It checks every half second. npm runs
 * scripts in a shell, which a killed npm leaves behind, so on Linux npm itself is watched as well.
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

/** The process that ran `sh -c ...`, if the parent is such a shell. */
function launcherBehind(parent: number): number | undefined {
  try {
    if (readFileSync(`/proc/${parent}/cmdline`, 'utf8').split('\0')[1] !== '-c') return undefined;
    // Field 4 (proc(5)), counted from the end of the name, which may contain spaces and brackets.
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
