import { expect } from 'vitest';
import { GramaryeError, type GramaryeErrorCode } from '../../src/engine/errors.js';

/** Runs `work`, which must fail with a coded error whose message has all the given parts or matches them, and gives the error. */
export async function expectCode(code: GramaryeErrorCode, work: () => unknown, ...parts: readonly (string | RegExp)[]): Promise<GramaryeError> {
  let caught: unknown;
  try {
    await work();
  } catch (error) {
    caught = error;
  }
  if (!(caught instanceof GramaryeError)) throw new Error(`Wanted a GramaryeError ${code}, got ${String(caught)}`);
  expect(caught.code, caught.message).toBe(code);
  for (const part of parts) {
    if (typeof part === 'string') expect(caught.message).toContain(part);
    else expect(caught.message).toMatch(part);
  }
  return caught;
}
