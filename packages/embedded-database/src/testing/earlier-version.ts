import { startCluster } from '../embedded-database';
import { superuserUrlOf } from '../product-role';

export interface EarlierDatabase {
  /** Connects as the superuser, the only role of that version. */
  url: string;
  pid: number;
  stop(this: void): Promise<void>;
}

/** Starts PostgreSQL on a directory the way earlier versions did, which connected as the superuser. */
export async function startEarlierDatabase(directory: string): Promise<EarlierDatabase> {
  const cluster = await startCluster({ directory });
  const { pid, port } = cluster.postmaster;
  return { url: superuserUrlOf(directory, port), pid, stop: () => cluster.stop() };
}
