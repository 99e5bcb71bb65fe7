import { StoreError } from '../../core/store.ts';

type Row = Record<string, unknown> | undefined;

/** Reads a column as what the schema says it is. A column that is not means a damaged or foreign file. */
export function int(row: Row, column: string): number {
  const value = row?.[column];
  return typeof value === 'number' ? value : unexpected(column);
}

export function maybeInt(row: Row, column: string): number | undefined {
  return typeof row?.[column] === 'number' ? row[column] : undefined;
}

export function text(row: Row, column: string): string {
  const value = row?.[column];
  return typeof value === 'string' ? value : unexpected(column);
}

export function maybeText(row: Row, column: string): string | undefined {
  return typeof row?.[column] === 'string' ? row[column] : undefined;
}

/** JSON that this store itself wrote; its shape is what the writing column's type was. */
export function json<T>(row: Row, column: string): T {
  return parsed<T>(text(row, column), column);
}

/** The same, of a text that was read before. */
export function parsed<T>(written: string, column = 'raw'): T {
  try {
    return JSON.parse(written);
  } catch {
    return unexpected(column);
  }
}

function unexpected(column: string): never {
  throw new StoreError(
    'broken',
    `column ${column} does not hold what this version writes there; restore the store from a backup`,
  );
}
