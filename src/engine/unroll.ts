/**
 * Expands marked loops before compilation. A loop is marked by a comment line before it:
 *
 *     // @unroll
 *     for (var i = 0u; i < TILE; i++) { … }
 *
 * Its bounds are literals, top-level `const`s or variables of marked loops around it. In a file with marks, function
 * and private arrays that are only indexed by constants become named scalars, so that they live in registers: no WGSL
 * compiler unrolls, and dynamically indexed arrays go through memory on every driver. The plain file stays valid WGSL
 * and means the same.
 */
import type { Shader } from './contract.js';
import { GramaryeError } from './errors.js';
import { scalarizeArrays } from './scalarize.js';
import { evaluate, topLevelConstants, type Constant, type Lookup } from './wgsl-constants.js';
import { closingBracket, isCode, nextCode, previousCode, tokenize, usesOf, type Token } from './wgsl-tokens.js';

/** A shader after expansion. */
export interface UnrolledShader extends Shader {
  /** Line of the file that each line of the expanded text comes from (index 0 is line 1); undefined when nothing changed. */
  readonly lines?: readonly number[];
}

const MARK = /^\/\/ @unroll\b/;
const MAX_ITERATIONS = 256;
const MAX_TOKENS = 400_000;

interface Header {
  readonly variable: string;
  readonly values: readonly number[];
  readonly type: Constant['type'];
  /** Indices of the body's braces. */
  readonly open: number;
  readonly close: number;
}

/** Expands one file. */
class Unroller {
  readonly #path: string;
  readonly #lookup: Lookup;
  #emitted = 0;

  constructor(path: string, lookup: Lookup) {
    this.#path = path;
    this.#lookup = lookup;
  }

  expand(tokens: readonly Token[]): Token[] {
    const result: Token[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at];
      if (token === undefined) break;
      if (token.kind !== 'comment' || !MARK.test(token.text)) {
        result.push(token);
        continue;
      }
      const header = this.#header(tokens, at);
      this.#checkBody(tokens, header);
      const body = tokens.slice(header.open, header.close + 1);
      const uses = usesOf(body, header.variable, 0, body.length);
      for (const value of header.values) {
        const copy = [...body];
        for (const use of uses) copy[use] = { kind: 'number', text: literalText(value, header.type), line: body[use]?.line ?? token.line };
        const expanded = this.expand(copy);
        this.#emitted += expanded.length;
        if (this.#emitted > MAX_TOKENS) this.#fail(token.line, 'the expansion grows too large', 'Mark fewer loops or make the tile smaller.');
        result.push(...expanded, { kind: 'space', text: '\n', line: tokens[header.close]?.line ?? token.line });
      }
      at = header.close;
    }
    return result;
  }

  /** Reads `for (var i = a; i < b; i++) {` behind a mark. */
  #header(tokens: readonly Token[], mark: number): Header {
    const line = tokens[mark]?.line ?? 0;
    const fail = (problem: string): never =>
      this.#fail(line, problem, 'Write it as `for (var i = 0u; i < N; i++) {` with a literal, a top-level const or an outer unrolled variable.');
    const keyword = nextCode(tokens, mark + 1);
    const parenthesis = nextCode(tokens, keyword + 1);
    if (tokens[keyword]?.text !== 'for' || tokens[parenthesis]?.text !== '(') fail('the mark is followed by no for loop');
    const end = closingBracket(tokens, parenthesis);
    const open = nextCode(tokens, end + 1);
    const close = closingBracket(tokens, open);
    if (tokens[open]?.text !== '{' || close >= tokens.length) fail('the loop has no closed body');
    const parts = split(tokens.slice(parenthesis + 1, end).filter(isCode));
    const [initial = [], condition = [], step = []] = parts;
    if (parts.length !== 3) fail('the loop has not three parts');
    const variable = initial[1]?.text ?? '';
    const equals = initial.findIndex((token) => token.text === '=');
    if (initial[0]?.text !== 'var' || equals < 0) fail('the loop declares no variable');
    const annotation = equals === 4 ? initial[3]?.text : undefined;
    const start = evaluate(initial.slice(equals + 1), this.#lookup) ?? fail(`the start of ${variable} is no constant`);
    const comparison = condition[1]?.text ?? '';
    if (condition[0]?.text !== variable || !['<', '<='].includes(comparison)) fail(`the condition is not ${variable} < N or ${variable} <= N`);
    const limit =
      evaluate(condition.slice(2), this.#lookup) ??
      fail(
        `the bound "${condition
          .slice(2)
          .map((token) => token.text)
          .join(' ')}" is no constant`,
      );
    const increment = stepOf(step, variable, this.#lookup) ?? fail(`the step is not ${variable}++ or ${variable} += constant`);
    const declared = annotation === 'u32' || annotation === 'i32' ? annotation : start.type === 'abstract' ? 'i32' : start.type;
    if (limit.type !== 'abstract' && limit.type !== declared) fail(`${variable} is ${declared} and its bound ${limit.type}`);
    const values: number[] = [];
    for (let value = start.value; comparison === '<' ? value < limit.value : value <= limit.value; value += increment) {
      values.push(value);
      if (values.length > MAX_ITERATIONS) fail(`the loop has more than ${String(MAX_ITERATIONS)} iterations`);
    }
    return { variable, values, type: declared, open, close };
  }

  /** Refuses bodies that copying would change: assignments to the variable, `break` and `continue` of this loop. */
  #checkBody(tokens: readonly Token[], { variable, open, close }: Header): void {
    for (const use of usesOf(tokens, variable, open, close)) {
      const next = tokens[nextCode(tokens, use + 1)]?.text ?? '';
      const before = previousCode(tokens, use);
      const takesAddress = tokens[before]?.text === '&' && !endsOperand(tokens[previousCode(tokens, before)]);
      if (takesAddress || /^(=|\+\+|--|[-+*/%&|^]=|<<=)$/.test(next)) {
        this.#fail(tokens[use]?.line ?? 0, `the loop variable ${variable} of an unrolled loop is changed`, 'Use a variable of its own.');
      }
    }
    for (let at = open + 1; at < close; at++) {
      const token = tokens[at];
      if (token?.kind !== 'word') continue;
      if (['for', 'while', 'loop', 'switch'].includes(token.text)) at = this.#checkInner(tokens, at);
      else if (token.text === 'break' || token.text === 'continue') this.#refuseJump(token);
    }
  }

  /** Skips a loop or switch inside the body; a `continue` in a switch still belongs to the unrolled loop. */
  #checkInner(tokens: readonly Token[], keyword: number): number {
    const isSwitch = tokens[keyword]?.text === 'switch';
    let open = nextCode(tokens, keyword + 1);
    while (tokens[open]?.text === '(') open = nextCode(tokens, closingBracket(tokens, open) + 1);
    while (open < tokens.length && tokens[open]?.text !== '{') open++;
    const close = closingBracket(tokens, open);
    for (let at = open; isSwitch && at < close; at++) {
      const token = tokens[at];
      if (token?.kind !== 'word') continue;
      if (['for', 'while', 'loop'].includes(token.text)) at = this.#checkInner(tokens, at);
      else if (token.text === 'continue') this.#refuseJump(token);
    }
    return close;
  }

  #refuseJump(token: Token): never {
    return this.#fail(token.line, `an unrolled loop contains its own ${token.text}`, 'Use an if around the rest of the body.');
  }

  #fail(line: number, problem: string, remedy: string): never {
    throw new GramaryeError('shader-invalid', `shaders/${this.#path}:${String(line)}: ${problem}.`, { remedy });
  }
}

/** True when an `&` behind this token is the operator "and". */
function endsOperand(token: Token | undefined): boolean {
  return token !== undefined && (token.kind === 'number' || token.text === ')' || token.text === ']' || (token.kind === 'word' && token.text !== 'return'));
}

function split(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ';') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function stepOf(step: readonly Token[], variable: string, lookup: Lookup): number | undefined {
  if (step[0]?.text !== variable) return undefined;
  if (step[1]?.text === '++' && step.length === 2) return 1;
  const increment = step[1]?.text === '+=' ? evaluate(step.slice(2), lookup) : undefined;
  return increment !== undefined && increment.value > 0 ? increment.value : undefined;
}

function literalText(value: number, type: Constant['type']): string {
  const text = `${String(value)}${type === 'u32' ? 'u' : 'i'}`;
  return value < 0 ? `(${text})` : text;
}

/** The text of tokens, and the line of the file that each of its lines comes from. */
function print(tokens: readonly Token[]): { source: string; lines: number[] } {
  const lines: number[] = [];
  let current: number | undefined;
  let last = 1;
  for (const token of tokens) {
    const breaks = token.text.split('\n').length - 1;
    if (token.kind !== 'space') current ??= token.line;
    for (let i = 0; i < breaks; i++) {
      last = current ?? last;
      lines.push(last);
      current = token.kind === 'space' ? undefined : token.line + i + 1;
    }
  }
  lines.push(current ?? last);
  return { source: tokens.map((token) => token.text).join(''), lines };
}

/**
 * The shader with every marked loop expanded and its register arrays as scalars; a file without marks is returned as
 * it is. Throws `shader-invalid` with the file's name and line for a mark that cannot be followed.
 */
export function unrollShader(shader: Shader): UnrolledShader {
  const tokens = tokenize(shader.source);
  if (!tokens.some((token) => token.kind === 'comment' && MARK.test(token.text))) return shader;
  const lookup = topLevelConstants(tokens);
  const expanded = scalarizeArrays(new Unroller(shader.path, lookup).expand(tokens), lookup);
  return { path: shader.path, ...print(expanded) };
}
