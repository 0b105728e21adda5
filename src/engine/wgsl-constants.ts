/** Constant integer expressions of WGSL, as far as loop bounds and indices of register tiles need them. */
import { isCode, nextCode, type Token } from './wgsl-tokens.js';

/** The value of a constant integer expression. */
export interface Constant {
  readonly value: number;
  /** `abstract` takes the type of what it is combined with. */
  readonly type: 'u32' | 'i32' | 'abstract';
}

/** Looks a name up; undefined when it is no constant. */
export type Lookup = (name: string) => Constant | undefined;

class NotConstant extends Error {}

const LEVELS: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']];

function typed(value: number, type: Constant['type']): Constant {
  const [low, high] = type === 'u32' ? [0, 2 ** 32 - 1] : type === 'i32' ? [-(2 ** 31), 2 ** 31 - 1] : [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  if (!Number.isInteger(value) || value < low || value > high) throw new NotConstant();
  return { value, type };
}

function literal(text: string): Constant {
  const match = /^(0[xX][0-9a-fA-F]+|\d+)([iu]?)$/.exec(text);
  if (match === null) throw new NotConstant();
  return typed(Number(match[1]), match[2] === 'u' ? 'u32' : match[2] === 'i' ? 'i32' : 'abstract');
}

function combine(operator: string, a: Constant, b: Constant): Constant {
  const isShift = operator === '<<' || operator === '>>';
  if (!isShift && a.type !== b.type && a.type !== 'abstract' && b.type !== 'abstract') throw new NotConstant();
  const type = isShift || a.type !== 'abstract' ? a.type : b.type;
  const x = a.value;
  const y = b.value;
  switch (operator) {
    case '+':
      return typed(x + y, type);
    case '-':
      return typed(x - y, type);
    case '*':
      return typed(x * y, type);
    case '/':
      return typed(Math.trunc(x / y), type);
    case '%':
      return typed(x - y * Math.trunc(x / y), type);
    case '<<':
      return typed(x * 2 ** y, type);
    case '>>':
      return typed(Math.floor(x / 2 ** y), type);
    case '&':
      return typed(Number(BigInt(x) & BigInt(y)), type);
    case '|':
      return typed(Number(BigInt(x) | BigInt(y)), type);
    default:
      return typed(Number(BigInt(x) ^ BigInt(y)), type);
  }
}

function call(name: string, values: readonly Constant[]): Constant {
  const [first, second] = values;
  if (first === undefined) throw new NotConstant();
  if ((name === 'u32' || name === 'i32') && values.length === 1) return typed(first.value, name);
  if ((name === 'min' || name === 'max') && second !== undefined && values.length === 2) {
    const sum = combine('|', { value: 0, type: first.type }, { value: 0, type: second.type });
    return typed(Math[name](first.value, second.value), sum.type);
  }
  throw new NotConstant();
}

/** A parser over the meaningful tokens of one expression, by precedence. */
class Expression {
  readonly #tokens: readonly Token[];
  readonly #lookup: Lookup;
  #at = 0;

  constructor(tokens: readonly Token[], lookup: Lookup) {
    this.#tokens = tokens.filter(isCode);
    this.#lookup = lookup;
  }

  whole(): Constant {
    const value = this.#binary(0);
    if (this.#at !== this.#tokens.length) throw new NotConstant();
    return value;
  }

  /** The operator of a level at the current place, with how many tokens it is long (`>>` is two). */
  #operator(level: readonly string[]): { text: string; length: number } | undefined {
    const text = this.#tokens[this.#at]?.text ?? '';
    if (text === '>' && this.#tokens[this.#at + 1]?.text === '>') return level.includes('>>') ? { text: '>>', length: 2 } : undefined;
    return level.includes(text) ? { text, length: 1 } : undefined;
  }

  #binary(depth: number): Constant {
    const level = LEVELS[depth];
    if (level === undefined) return this.#unary();
    let left = this.#binary(depth + 1);
    for (let operator = this.#operator(level); operator !== undefined; operator = this.#operator(level)) {
      this.#at += operator.length;
      left = combine(operator.text, left, this.#binary(depth + 1));
    }
    return left;
  }

  #unary(): Constant {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new NotConstant();
    if (token.text === '-') {
      const value = this.#unary();
      return typed(0 - value.value, value.type);
    }
    if (token.text === '(') return this.#closed(this.#binary(0));
    if (token.kind === 'number') return literal(token.text);
    if (token.kind !== 'word') throw new NotConstant();
    if (this.#tokens[this.#at]?.text !== '(') {
      const value = this.#lookup(token.text);
      if (value === undefined) throw new NotConstant();
      return value;
    }
    this.#at++;
    const values = [this.#binary(0)];
    while (this.#tokens[this.#at]?.text === ',') {
      this.#at++;
      values.push(this.#binary(0));
    }
    return this.#closed(call(token.text, values));
  }

  #closed(value: Constant): Constant {
    if (this.#tokens[this.#at++]?.text !== ')') throw new NotConstant();
    return value;
  }
}

/** The value of a constant integer expression; undefined when it is none, or leaves its type's range. */
export function evaluate(tokens: readonly Token[], lookup: Lookup): Constant | undefined {
  try {
    return new Expression(tokens, lookup).whole();
  } catch (error) {
    if (error instanceof NotConstant) return undefined;
    throw error;
  }
}

/**
 * The integer constants that a file declares at the top level. A name that is declared anywhere else as well (a local
 * variable that hides it) counts as no constant.
 */
export function topLevelConstants(tokens: readonly Token[]): Lookup {
  const declared = new Map<string, { readonly type: string; readonly value: readonly Token[] }>();
  const known = new Map<string, Constant | undefined>();
  let depth = 0;
  let parentheses = 0;
  tokens.forEach((token, at) => {
    if (!isCode(token)) return;
    if (token.text === '(') parentheses++;
    else if (token.text === ')') parentheses--;
    else if (token.text === '{') depth++;
    else if (token.text === '}') depth--;
    // A parameter hides a constant as well.
    if (token.kind === 'word' && parentheses > 0 && tokens[nextCode(tokens, at + 1)]?.text === ':') known.set(token.text, undefined);
    if (token.kind !== 'word' || !['const', 'let', 'var'].includes(token.text)) return;
    const name = tokens[nextCode(tokens, at + 1)]?.text ?? '';
    if (depth > 0 || parentheses > 0) known.set(name, undefined);
    else if (token.text === 'const') {
      const end = tokens.findIndex((other, index) => index > at && other.text === ';');
      const statement = tokens.slice(at, end).filter(isCode);
      const equals = statement.findIndex((other) => other.text === '=');
      declared.set(name, { type: equals === 4 ? (statement[3]?.text ?? '') : '', value: statement.slice(equals + 1) });
    }
  });
  const lookup: Lookup = (name) => {
    if (known.has(name)) return known.get(name);
    known.set(name, undefined); // also ends the recursion of a constant that refers to itself
    const declaration = declared.get(name);
    if (declaration === undefined) return undefined;
    let constant = evaluate(declaration.value, lookup);
    if (constant?.type === 'abstract' && (declaration.type === 'u32' || declaration.type === 'i32'))
      constant = { value: constant.value, type: declaration.type };
    known.set(name, constant);
    return constant;
  };
  return lookup;
}
