/** Names of classes, and the background class that some lists and models have in front. */
import { GramaryeError } from '../../engine/errors.js';

/** A model's outputs by name. */
export interface ClassNames {
  /** One per output of the model. */
  readonly names: readonly string[];
  /** Output of the class that a folder or list calls 0: 1 where output 0 is the background, else 0. */
  readonly offset: 0 | 1;
}

/** The name that fills the background's place where a list has none. */
const BACKGROUND = 'background';

/** Whether a list's first entry is the background. */
function startsWithBackground(names: readonly string[]): boolean {
  return /^(?:\d+[\s:]+)?(?:background|dummy)$/i.test(names[0]?.trim() ?? '');
}

/**
 * A list file: one name per line, `number name` lines, a JSON array, or Keras's `imagenet_class_index.json`
 * (`{"0": ["n01440764", "tench"], …}`). Throws `bad-option`.
 */
export function parseClassNames(file: string, text: string): string[] {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  if (!/^[[{]/.test(trimmed)) {
    const names = trimmed.split(/\r?\n/).map((line) => line.trim());
    if (names.length === 1 && names[0] === '') throw new GramaryeError('bad-option', `${file} holds no class names.`, { remedy: 'Write one name per line.' });
    return names.map((name, index) => (new RegExp(`^${String(index)}[\\s:]+`).test(name) ? name.replace(/^\d+[\s:]+/, '') : name));
  }
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    throw new GramaryeError('bad-option', `${file} is no valid JSON.`, { remedy: 'Give one name per line, a JSON array, or imagenet_class_index.json.' });
  }
  if (Array.isArray(value)) return value.map(String);
  const entries = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => Number(a) - Number(b));
  return entries.map(([, entry]) => (Array.isArray(entry) ? String(entry.at(-1)) : String(entry)));
}

/**
 * Names for a model of `classes` outputs. A list may have the background in front or not, whatever the model has; any other
 * difference is an error. Without a list the outputs go by their numbers.
 */
export function classNames(names: readonly string[] | undefined, classes: number): ClassNames {
  const offset = classes === 1_001 ? 1 : 0;
  if (names === undefined)
    return { names: Array.from({ length: classes }, (_, index) => (offset === 1 && index === 0 ? BACKGROUND : `class ${String(index - offset)}`)), offset };
  if (names.length === classes) return { names, offset: startsWithBackground(names) || offset === 1 ? 1 : 0 };
  if (names.length === classes + 1 && startsWithBackground(names)) return { names: names.slice(1), offset: 0 };
  if (names.length + 1 === classes) return { names: [BACKGROUND, ...names], offset: 1 };
  throw new GramaryeError('bad-option', `The list has ${String(names.length)} names; the model has ${String(classes)} classes.`, {
    remedy: 'Give the list that belongs to the model.',
  });
}
