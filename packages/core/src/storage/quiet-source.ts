import { DataSource, type EntityMetadata, type EntityTarget, type QueryRunner } from 'typeorm';
import { notStarted } from '../errors';
import { dropValues } from './database-error';

/**
 * A DataSource whose errors do not carry the parameters of the failed statement. It refuses calls before and after it
 * is open.
 */
export class QuietSource extends DataSource {
  private phase: 'before' | 'open' | 'after' = 'before';

  override async initialize(): Promise<this> {
    this.phase = 'open';
    return super.initialize();
  }

  override async destroy(): Promise<void> {
    this.phase = 'after';
    return super.destroy();
  }

  /** @throws PaggioError `NOT_STARTED` */
  checkOpen(): void {
    if (this.phase !== 'open') throw notStarted(this.phase);
  }

  /** Repositories call this before they have a connection. */
  override getMetadata(target: EntityTarget<object>): EntityMetadata {
    this.checkOpen();
    return super.getMetadata(target);
  }

  /** Repositories, transactions, migrations and plain queries all get their connection here. */
  override createQueryRunner(...mode: Parameters<DataSource['createQueryRunner']>): QueryRunner {
    this.checkOpen();
    const runner = super.createQueryRunner(...mode);
    const query = runner.query.bind(runner) as (...given: unknown[]) => Promise<unknown>;
    const quiet = async (...given: unknown[]): Promise<unknown> => {
      try {
        return await query(...given);
      } catch (error) {
        dropValues(error);
        throw error;
      }
    };
    return Object.assign(runner, { query: quiet as typeof runner.query });
  }
}
