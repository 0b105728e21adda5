import type { StringKey } from '../base/strings.js';

/** An element's ways of saying things, for those parts of it that are functions of their own. */
export interface Wording {
  readonly text: (key: StringKey, values?: Readonly<Record<string, string | number>>) => string;
  readonly number: (value: number, digits?: number) => string;
  readonly bytes: (sizeBytes: number) => string;
  readonly duration: (timeMs: number) => string;
  /** A share as the page's language writes it. */
  readonly percent: (share: number) => string;
}
