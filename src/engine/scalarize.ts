/** Arrays in registers: function and private arrays that are only indexed by constants become one variable an element. */
import { evaluate, type Lookup } from './wgsl-constants.js';
import { closingBracket, isCode, nextCode, tokenize, usesOf, type Token } from './wgsl-tokens.js';

interface ArrayDeclaration {
  /** Index of `var`, and one past the closing `;`. */
  readonly from: number;
  readonly to: number;
  readonly name: string;
  /** `var`, or `var<private>`. */
  readonly prefix: string;
  readonly elementType: string;
  readonly length: number;
  /** One past the last token of the scope. */
  readonly scopeEnd: number;
}

/** Index of the `>` that closes the template opened at `open`. */
function closingAngle(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const text = tokens[at]?.text;
    if (text === '<') depth++;
    else if (text === '>' && --depth === 0) return at;
    else if (text === ';' || text === '{') return tokens.length;
  }
  return tokens.length;
}

/** End of the block that surrounds a token: the index of its `}`, or the number of tokens at the top level. */
function blockEnd(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'symbol') continue;
    if (token.text === '{') depth++;
    else if (token.text === '}' && --depth < 0) return at;
  }
  return tokens.length;
}

/** The last comma outside inner brackets in `[from, to)`. */
function lastComma(tokens: readonly Token[], from: number, to: number): number | undefined {
  let depth = 0;
  let comma: number | undefined;
  for (let at = from; at < to; at++) {
    const text = tokens[at]?.text ?? '';
    if (text === '<' || text === '(') depth++;
    else if (text === '>' || text === ')') depth--;
    else if (text === ',' && depth === 0 && nextCode(tokens, at + 1) < to) comma = at;
  }
  return comma;
}

function textOf(tokens: readonly Token[], from: number, to: number): string {
  return tokens
    .slice(from, to)
    .filter((token) => token.kind !== 'comment')
    .map((token) => (token.kind === 'space' ? ' ' : token.text))
    .join('')
    .trim();
}

/** The declaration at `at` when it is `var NAME: array<T, N>;` or `var<private> …`, zero-initialised, with constant N. */
function arrayDeclaration(tokens: readonly Token[], at: number, lookup: Lookup): ArrayDeclaration | undefined {
  if (tokens[at]?.text !== 'var' || tokens[at].kind !== 'word') return undefined;
  let cursor = nextCode(tokens, at + 1);
  let prefix = 'var';
  if (tokens[cursor]?.text === '<') {
    const end = closingAngle(tokens, cursor);
    const space = textOf(tokens, cursor + 1, end);
    if (space !== 'private' && space !== 'function') return undefined;
    prefix = `var<${space}>`;
    cursor = nextCode(tokens, end + 1);
  }
  const name = tokens[cursor]?.text ?? '';
  const colon = nextCode(tokens, cursor + 1);
  const type = nextCode(tokens, colon + 1);
  const open = nextCode(tokens, type + 1);
  if (tokens[colon]?.text !== ':' || tokens[type]?.text !== 'array' || tokens[open]?.text !== '<') return undefined;
  const close = closingAngle(tokens, open);
  const comma = lastComma(tokens, open + 1, close);
  const semicolon = nextCode(tokens, close + 1);
  if (comma === undefined || tokens[semicolon]?.text !== ';') return undefined;
  const length = evaluate(tokens.slice(comma + 1, close), lookup);
  if (length === undefined || length.value < 1) return undefined;
  return {
    from: at,
    to: semicolon + 1,
    name,
    prefix,
    elementType: textOf(tokens, open + 1, comma),
    length: length.value,
    scopeEnd: blockEnd(tokens, semicolon),
  };
}

interface ArrayUse {
  readonly from: number;
  /** One past the closing bracket. */
  readonly to: number;
  readonly index: number;
}

/** Every use of an array as `NAME[constant]`; undefined when one is something else. */
function constantUses(tokens: readonly Token[], array: ArrayDeclaration, lookup: Lookup): ArrayUse[] | undefined {
  const uses: ArrayUse[] = [];
  for (const from of usesOf(tokens, array.name, array.to, array.scopeEnd)) {
    const open = nextCode(tokens, from + 1);
    if (tokens[open]?.text !== '[') return undefined;
    const close = closingBracket(tokens, open);
    const index = evaluate(tokens.slice(open + 1, close), lookup);
    if (index === undefined || index.value < 0 || index.value >= array.length) return undefined;
    uses.push({ from, to: close + 1, index: index.value });
  }
  return uses;
}

function scalarizeOne(tokens: readonly Token[], array: ArrayDeclaration, uses: readonly ArrayUse[], words: Set<string>): Token[] {
  const names = Array.from({ length: array.length }, (_, index) => {
    let name = `${array.name}_${String(index)}`;
    while (words.has(name)) name += 'x';
    return name;
  });
  for (const name of names) words.add(name);
  const line = tokens[array.from]?.line ?? 1;
  const declarations = names.map((name) => `${array.prefix} ${name}: ${array.elementType};`).join(' ');
  const result: Token[] = [...tokens.slice(0, array.from), ...tokenize(declarations).map((token) => ({ ...token, line }))];
  let at = array.to;
  for (const use of uses) {
    result.push(...tokens.slice(at, use.from), { kind: 'word', text: names[use.index] ?? '', line: tokens[use.from]?.line ?? 1 });
    at = use.to;
  }
  result.push(...tokens.slice(at));
  return result;
}

/**
 * Replaces every zero-initialised function or private array that is only indexed by constants by variables
 * `NAME_0`, `NAME_1`, … of its element type; arrays of arrays level by level. Other arrays stay as they are.
 */
export function scalarizeArrays(source: readonly Token[], lookup: Lookup): Token[] {
  const words = new Set(source.filter((token) => token.kind === 'word').map((token) => token.text));
  let tokens: Token[] = [...source];
  for (let at = 0; at < tokens.length; at++) {
    if (!isCode(tokens[at])) continue;
    const array = arrayDeclaration(tokens, at, lookup);
    if (array === undefined) continue;
    const uses = constantUses(tokens, array, lookup);
    if (uses === undefined) continue;
    tokens = scalarizeOne(tokens, array, uses, words);
    at--; // the new declarations may be arrays themselves
  }
  return tokens;
}
