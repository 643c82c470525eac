import { DataSource, type QueryRunner } from 'typeorm';
import { dropValues } from './database-error';

/** A DataSource whose errors do not carry the parameters of the statement that failed. */
export class QuietSource extends DataSource {
  /** Repositories, transactions, migrations and plain queries all get their connection here. */
  override createQueryRunner(...mode: Parameters<DataSource['createQueryRunner']>): QueryRunner {
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
