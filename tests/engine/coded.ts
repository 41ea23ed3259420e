/** What tests of errors share. */
import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';

/** Expects a LookbackError of this code; `message` matches its text. */
export function coded(code: ErrorCode, fn: () => unknown, message: RegExp = /./): void {
  expect(fn).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
}
