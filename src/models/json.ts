/** JSON from untrusted files: parsed with one coded error, and taken apart by questions that cannot throw. */
import { GramaryeError, messageOf } from '../engine/errors.js';

/** A JSON object of unknown content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses UTF-8 JSON bytes; `what` names the file or the part of it. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (error) {
    throw new GramaryeError('bad-weights', `${what} is no valid JSON: ${messageOf(error)}.`, {
      remedy: 'The file is damaged or of another kind.',
      cause: error,
    });
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A property of an object as an object, else undefined. */
export function objectAt(value: unknown, key: string): JsonObject | undefined {
  const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isObject(inner) ? inner : undefined;
}

/** A property of an object as an array, else undefined. */
export function arrayAt(value: unknown, key: string): readonly unknown[] | undefined {
  const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return Array.isArray(inner) ? (inner as readonly unknown[]) : undefined;
}

/** A property of an object as text, else undefined. */
export function textAt(value: unknown, key: string): string | undefined {
  const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof inner === 'string' ? inner : undefined;
}

/** A property of an object as a finite number, else undefined. */
export function numberAt(value: unknown, key: string): number | undefined {
  const inner = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return typeof inner === 'number' && Number.isFinite(inner) ? inner : undefined;
}

/** A value of unknown kind for an error message, cut to 80 characters. */
export function quoted(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value).slice(0, 80);
}
