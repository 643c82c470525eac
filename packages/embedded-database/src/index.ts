export { EmbeddedDatabaseError } from './embedded-database-error';
export { startEmbeddedDatabase, type EmbeddedDatabase, type EmbeddedDatabaseOptions } from './embedded-database';
