/** WGSL text as tokens that remember their line. Whitespace and comments are tokens too, so that joining gives the text back. */

/** What a token is; keywords are words. */
export type TokenKind = 'space' | 'comment' | 'number' | 'word' | 'symbol';

/** A piece of text and the line of the file it comes from, counted from 1. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly line: number;
}

// A `>` always stands alone, because `>>` and `>=` may close templates: array<array<f32, 4>>.
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /\/\/[^\n]*/y],
  ['number', /0[xX][0-9a-fA-F]+[iu]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[iufh]?/y],
  ['word', /[\p{XID_Start}_]\p{XID_Continue}*/uy],
  ['symbol', /<<=|->|\+\+|--|&&|\|\||[-+*/%&|^=!<]=|<<|[^\s]/uy],
];

/** Where a block comment that begins at `from` ends; they nest in WGSL. */
function blockCommentEnd(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    if (text.startsWith('/*', at)) {
      depth++;
      at += 2;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at += 2;
      if (depth === 0) return at;
    } else at++;
  }
  return text.length;
}

function nextToken(text: string, at: number): readonly [TokenKind, number] {
  if (text.startsWith('/*', at)) return ['comment', blockCommentEnd(text, at)];
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    if (pattern.test(text)) return [kind, pattern.lastIndex];
  }
  return ['symbol', at + 1];
}

/** Splits WGSL text; the texts of the tokens joined are the text again. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const [kind, end] = nextToken(text, at);
    const piece = text.slice(at, end);
    tokens.push({ kind, text: piece, line });
    line += piece.split('\n').length - 1;
    at = end;
  }
  return tokens;
}

/** True for tokens that mean something. */
export function isCode(token: Token | undefined): token is Token {
  return token !== undefined && token.kind !== 'space' && token.kind !== 'comment';
}

/** Index of the first token at or after `from` that means something; the number of tokens when there is none. */
export function nextCode(tokens: readonly Token[], from: number): number {
  let at = from;
  while (at < tokens.length && !isCode(tokens[at])) at++;
  return at;
}

/** Index of the last token before `from` that means something; -1 when there is none. */
export function previousCode(tokens: readonly Token[], from: number): number {
  let at = from - 1;
  while (at >= 0 && !isCode(tokens[at])) at--;
  return at;
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Index of the bracket that closes the one at `open`; the number of tokens when it stays open. */
export function closingBracket(tokens: readonly Token[], open: number): number {
  const opener = tokens[open]?.text ?? '';
  const closer = CLOSERS[opener];
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== 'symbol') continue;
    if (token.text === opener) depth++;
    else if (token.text === closer && --depth === 0) return at;
  }
  return tokens.length;
}

const DECLARATORS: ReadonlySet<string> = new Set(['let', 'var', 'const']);

/** The name that a `let`, `var` or `const` at `at` declares, by index; undefined when there is no declaration at `at`. */
export function declaredName(tokens: readonly Token[], at: number): number | undefined {
  const token = tokens[at];
  if (token?.kind !== 'word' || !DECLARATORS.has(token.text)) return undefined;
  let name = nextCode(tokens, at + 1);
  if (tokens[name]?.text === '<') {
    while (name < tokens.length && tokens[name]?.text !== '>') name++;
    name = nextCode(tokens, name + 1);
  }
  return tokens[name]?.kind === 'word' ? name : undefined;
}

/**
 * Indices of the uses of a variable in `[from, to)`, a range inside the variable's scope: occurrences as a member
 * (`a.name`) and those that an inner declaration of the same name hides are left out.
 */
export function usesOf(tokens: readonly Token[], name: string, from: number, to: number): number[] {
  const uses: number[] = [];
  let depth = 0;
  /** Depth of the block whose declaration hides the name; a `for` header counts as the block that follows it. */
  let hiddenAt: number | undefined;
  let pending: { readonly declaration: number; readonly inHeader: boolean } | undefined;
  let parentheses = 0;
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (!isCode(token)) continue;
    if (token.text === '{') depth++;
    else if (token.text === '}') {
      depth--;
      if (hiddenAt !== undefined && depth < hiddenAt) hiddenAt = undefined;
    } else if (token.text === '(') parentheses++;
    else if (token.text === ')') parentheses--;
    else if (token.text === ';' && pending !== undefined) {
      // A declaration's scope begins behind it; one in a `for` header ends with the loop's body.
      hiddenAt ??= pending.inHeader ? depth + 1 : depth;
      pending = undefined;
    }
    const declared = declaredName(tokens, at);
    if (declared !== undefined && tokens[declared]?.text === name) pending ??= { declaration: declared, inHeader: parentheses > 0 };
    if (token.kind !== 'word' || token.text !== name || hiddenAt !== undefined || pending?.declaration === at) continue;
    if (tokens[previousCode(tokens, at)]?.text === '.') continue;
    uses.push(at);
  }
  return uses;
}
