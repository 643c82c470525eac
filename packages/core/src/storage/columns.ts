import { bigintArray, boolArray, byteaArray, intArray, textArray, uuidArray, type Allocate } from './binary-array';

/** A column of the rows that a statement gets. One parameter holds its values for all rows, as an array. */
export interface Column<Row> {
  readonly name: string;
  /** PostgreSQL's type of one value. */
  readonly type: string;
  readonly encode: (rows: readonly Row[], allocate?: Allocate) => unknown;
}

/** Columns that are sent in PostgreSQL's binary format. The id of a `uuid` column is its 16 bytes. */
export interface BinaryColumns<Row> {
  readonly uuid: (name: string, read: (row: Row) => Buffer | null) => Column<Row>;
  readonly text: (name: string, read: (row: Row) => string | null) => Column<Row>;
  readonly bytea: (name: string, read: (row: Row) => Buffer | null) => Column<Row>;
  readonly bool: (name: string, read: (row: Row) => boolean) => Column<Row>;
  readonly int: (name: string, read: (row: Row) => number | null) => Column<Row>;
  readonly bigint: (name: string, read: (row: Row) => number) => Column<Row>;
}

export function binaryColumns<Row>(): BinaryColumns<Row> {
  const kind =
    <Value>(type: string, encode: (values: readonly Value[], allocate?: Allocate) => Buffer) =>
    (name: string, read: (row: Row) => Value): Column<Row> => ({
      name,
      type,
      encode: (rows, allocate) => encode(rows.map(read), allocate),
    });
  return {
    uuid: kind('uuid', uuidArray),
    text: kind('text', textArray),
    bytea: kind('bytea', byteaArray),
    bool: kind('bool', boolArray),
    int: kind('int', intArray),
    bigint: kind('bigint', bigintArray),
  };
}

/** A column whose values the driver converts to text, for statements that run rarely or through any driver. */
export function textualColumn<Row>(name: string, type: string, read: (row: Row) => unknown): Column<Row> {
  return { name, type, encode: (rows) => rows.map(read) };
}

/** How the rows of a list of columns appear in the text of a statement. */
export interface RowsInText {
  /** The rows as a table: `unnest($1::uuid[], $2::text[])`. */
  readonly unnest: string;
  /** The names of its columns, for the alias of that table: `id, name`. */
  readonly names: string;
  /** The array of one column, such as `$1::uuid[]`. */
  readonly array: (name: string) => string;
}

/**
 * The parameters of a statement, numbered in the order in which its text asks for them. Text and values come from one
 * place, so a value cannot get the number of another.
 */
export class Parameters<Input> {
  private readonly readers: ((input: Input, allocate?: Allocate) => unknown)[] = [];

  /** @returns the parameter as it appears in the text: `$3` */
  value(read: (input: Input) => unknown): string {
    return `$${this.readers.push(read)}`;
  }

  rows<Row>(columns: readonly Column<Row>[], read: (input: Input) => readonly Row[]): RowsInText {
    const arrays = new Map<string, string>();
    for (const { name, type, encode } of columns) {
      const place = this.readers.push((input, allocate) => encode(read(input), allocate));
      arrays.set(name, `$${place}::${type}[]`);
    }
    return {
      unnest: `unnest(${[...arrays.values()].join(', ')})`,
      names: [...arrays.keys()].join(', '),
      array: (name) => {
        const array = arrays.get(name);
        if (array === undefined) throw new Error(`There is no column ${name}`);
        return array;
      },
    };
  }

  /** @param allocate gives the memory for binary columns; by default, each column gets its own Buffer */
  valuesOf(input: Input, allocate?: Allocate): unknown[] {
    return this.readers.map((read) => read(input, allocate));
  }
}

/** A statement whose text and parameters belong together. Make it once: the text is the same for every call. */
export interface Statement<Input> {
  readonly text: string;
  readonly valuesOf: (input: Input, allocate?: Allocate) => unknown[];
}

export function statement<Input>(write: (parameters: Parameters<Input>) => string): Statement<Input> {
  const parameters = new Parameters<Input>();
  const text = write(parameters);
  return { text, valuesOf: (input, allocate) => parameters.valuesOf(input, allocate) };
}
