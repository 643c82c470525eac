import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';
import { median } from './statistics';

/** CPU time in microseconds by part, such as `server`, `capture` or `redis`. Empty where the system does not tell it. */
export type CpuTimes = Record<string, number>;

/** What one event costs: microseconds of CPU time of the server's process, and of the parts of its store. */
export interface Cost {
  server: number;
  store: number;
  parts: CpuTimes;
}

interface Measured {
  part: string;
  microseconds: number;
}

/**
 * Measures the CPU time of processes, as the scheduler of Linux counts it, in nanoseconds. Other programs on the machine
 * change rates by a factor, but CPU time only by what they take from caches. Backends of PostgreSQL count under what they
 * are for: the application name of their connection, or else their own kind.
 */
export class CpuMeter {
  private constructor(
    private readonly processes: Readonly<Record<string, number>>,
    private readonly client: Client | undefined,
  ) {}

  /**
   * @param processes ids of processes by part
   * @param superuserUrl of a PostgreSQL whose processes count too
   */
  static async open(processes: Readonly<Record<string, number>>, superuserUrl?: string): Promise<CpuMeter> {
    if (superuserUrl === undefined) return new CpuMeter(processes, undefined);
    const client = new Client({ connectionString: superuserUrl, application_name: 'bench' });
    await client.connect();
    return new CpuMeter(processes, client);
  }

  /** The CPU time by part while something runs. Connections that are closed meanwhile are missed. */
  async during<T>(act: () => Promise<T>): Promise<{ result: T; times: CpuTimes }> {
    const before = await this.read();
    const result = await act();
    const times: CpuTimes = {};
    for (const [pid, { part, microseconds }] of await this.read()) {
      const spent = microseconds - (before.get(pid)?.microseconds ?? 0);
      times[part] = (times[part] ?? 0) + spent;
    }
    return { result, times };
  }

  async close(): Promise<void> {
    await this.client?.end();
  }

  private async read(): Promise<Map<number, Measured>> {
    const measured = new Map<number, Measured>();
    const add = (pid: number, part: string): void => {
      const microseconds = cpuMicroseconds(pid);
      if (microseconds !== undefined) measured.set(pid, { part, microseconds });
    };
    for (const [part, pid] of Object.entries(this.processes)) add(pid, part);
    if (this.client) {
      const { rows } = await this.client.query<{ pid: number; part: string }>(BACKENDS);
      for (const { pid, part } of rows) add(pid, part);
    }
    return measured;
  }
}

const BACKENDS = `
  select pid, case
      when application_name like 'paggio %' then substr(application_name, 8)
      when backend_type = 'client backend' then coalesce(datname, 'other')
      else backend_type
    end as part
  from pg_stat_activity where pid <> pg_backend_pid()`;

/** CPU time of a process with all its threads; undefined if it has ended or the system is not Linux. */
function cpuMicroseconds(pid: number): number | undefined {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    let nanoseconds = 0;
    for (const task of tasks)
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]);
    return nanoseconds / 1_000;
  } catch {
    return undefined;
  }
}

/** Divides CPU times by the number of events. Everything but the part `server` belongs to the store. */
export function costOf(times: CpuTimes, events: number): Cost {
  const parts: CpuTimes = {};
  for (const [part, microseconds] of Object.entries(times)) parts[part] = microseconds / events;
  const { server = 0, ...store } = parts;
  return { server, store: Object.values(store).reduce((sum, one) => sum + one, 0), parts };
}

/** The medians of several costs, part by part. */
export function medianCost(costs: readonly Cost[]): Cost {
  const names = new Set(costs.flatMap(({ parts }) => Object.keys(parts)));
  return {
    server: median(costs.map(({ server }) => server)),
    store: median(costs.map(({ store }) => store)),
    parts: Object.fromEntries([...names].map((name) => [name, median(costs.map(({ parts }) => parts[name] ?? 0))])),
  };
}
