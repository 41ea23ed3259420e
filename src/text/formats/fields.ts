/** Reading a tokenizer file's JSON: each value by its path, refused with what was expected. */
import { LookbackError } from '../../errors.ts';

export type Fields = Record<string, unknown>;

/** @throws FILE_INVALID */
export function refuse(where: string, expected: string, got: unknown): never {
  const shown = typeof got === 'string' ? got : (JSON.stringify(got) ?? 'nothing');
  throw new LookbackError('FILE_INVALID', { where, expected, got: shown.slice(0, 80) });
}

export function fields(value: unknown, where: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : refuse(where, 'an object', value);
}

export function list(value: unknown, where: string): unknown[] {
  return Array.isArray(value) ? value : refuse(where, 'a list', value);
}

export function text(value: unknown, where: string): string {
  return typeof value === 'string' ? value : refuse(where, 'a text', value);
}

/** An id that a vocabulary may have; larger ones would only make an empty table. */
export function id(value: unknown, where: string): number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 1 << 24
    ? (value as number)
    : refuse(where, 'a token id', value);
}
