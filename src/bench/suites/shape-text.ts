/** Shapes typed by hand, and names with `*`. */
import type { Attributes } from '../../engine/contract.js';
import { GramaryeError } from '../../engine/errors.js';
import type { SuiteOp, SuiteShape } from './suite.js';

/** Whether `text` is the name, `*` standing for anything. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}

function parseValue(op: SuiteOp, name: string, text: string, like: Attributes[string] | undefined): Attributes[string] {
  if (like === undefined) {
    throw new GramaryeError('bad-option', `${op.id} has no attribute "${name}".`, {
      remedy: `It has ${Object.keys(op.shapes[0]?.attributes ?? {}).join(', ')}.`,
    });
  }
  if (typeof like === 'string') return text;
  if (typeof like === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true';
    throw new GramaryeError('bad-option', `${op.id}: ${name}=${text}.`, { remedy: 'Give true or false.' });
  }
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new GramaryeError('bad-option', `${op.id}: ${name}=${text} is no number.`, { remedy: 'Give a number.' });
  return value;
}

/**
 * A shape typed by hand: `28x28x256x256` gives the op's dimensions in order, `height=28,width=28` changes those of its first shape.
 * Undefined for other text. Throws `bad-option` or the kernel's `bad-shape` for a shape it does not take.
 */
export function parseShape(op: SuiteOp, text: string): SuiteShape | undefined {
  const template = op.shapes[0]?.attributes ?? {};
  let attributes: Attributes;
  if (/^\d+([x×]\d+)*$/.test(text)) {
    const numbers = text.split(/[x×]/);
    if (numbers.length !== op.dimensions.length) return undefined;
    attributes = { ...template, ...Object.fromEntries(op.dimensions.map((name, index) => [name, Number(numbers[index])])) };
  } else if (/^\w+=/.test(text)) {
    const entries = text.split(',').map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim(), parseValue(op, name.trim(), value.join('='), template[name.trim()])] as const;
    });
    attributes = { ...template, ...Object.fromEntries(entries) };
  } else return undefined;
  op.kernel?.shapes(attributes);
  return { name: text, attributes };
}
