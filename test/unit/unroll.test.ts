import { describe, expect, it } from 'vitest';
import { GramaryeError } from '../../src/engine/errors.js';
import { unrollShader } from '../../src/engine/unroll.js';
import { evaluate, topLevelConstants } from '../../src/engine/wgsl-constants.js';
import { tokenize } from '../../src/engine/wgsl-tokens.js';

/** The expanded text with runs of white space as one blank. */
function unrolled(source: string): string {
  return unrollShader({ path: 'test.wgsl', source }).source.replace(/\s+/g, ' ').trim();
}

function failure(source: string): string {
  try {
    unrollShader({ path: 'op/test.wgsl', source });
  } catch (error) {
    if (error instanceof GramaryeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe('tokenize', () => {
  it.each([
    '',
    'fn main() { let a = 0x1Fu + 1.5e-3f - .5 + 3.; }',
    '// a comment { with braces\nconst A: u32 = 1u; /* one /* nested } */ comment */ let b = a<<1u;',
    'var a: array<array<f32, 4>, 2>; a[1] >>= 2u; x <= y && z->w; größe += ünter;',
    'an open /* comment',
  ])('gives the text back: %j', (text) => {
    expect(
      tokenize(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text);
  });

  it('counts lines through comments', () => {
    expect(
      tokenize('a\n/* b\n\n*/ c // d\ne')
        .filter((token) => token.kind === 'word')
        .map(({ text, line }) => [text, line]),
    ).toEqual([
      ['a', 1],
      ['c', 4],
      ['e', 5],
    ]);
  });
});

describe('evaluate', () => {
  const lookup = topLevelConstants(
    tokenize(
      'const TILE: u32 = 4u; const HALF = TILE / 2u; const LOOP = LOOP + 1; const PLAIN = 3; const REAL = 1.5; override LATER: u32 = 2; const HIDDEN = 7u; fn f(PARAMETER: u32) { let HIDDEN = 1u; }\nconst PARAMETER = 9u;',
    ),
  );
  it.each([
    ['2u * 4u + 1u', 9, 'u32'],
    ['2u + 4u * (1u + 1u) - 1u', 9, 'u32'],
    ['TILE * HALF', 8, 'u32'],
    ['TILE >> 1u', 2, 'u32'],
    ['1u << TILE', 16, 'u32'],
    ['7 / 2', 3, 'abstract'],
    ['-7 / 2', -3, 'abstract'],
    ['-7i % 3i', -1, 'i32'],
    ['i32(TILE) - 5i', -1, 'i32'],
    ['u32(3i)', 3, 'u32'],
    ['min(TILE, 3u) + max(1u, 2)', 5, 'u32'],
    ['PLAIN + 1u', 4, 'u32'],
    ['0x10 | 1', 17, 'abstract'],
    ['6u & 3u ^ 1u', 3, 'u32'],
  ])('%s is %i of type %s', (text, value, type) => {
    expect(evaluate(tokenize(text), lookup)).toEqual({ value, type });
  });

  it.each([
    '',
    '1u +',
    'a',
    'TILE - 5u',
    '1u + 1i',
    '1 / 0',
    'REAL',
    '1.0',
    'LOOP',
    'LATER',
    'HIDDEN',
    'PARAMETER',
    'max(1)',
    'f(1)',
    '4294967295u + 1u',
    '(1',
    '1 2',
    'u32(-1)',
  ])('%j is no constant', (text) => {
    expect(evaluate(tokenize(text), lookup)).toBeUndefined();
  });
});

describe('unrollShader', () => {
  it('returns a file without marks as it is', () => {
    const shader = { path: 'a.wgsl', source: 'fn f() { var a: array<f32, 2>; for (var i = 0u; i < 2u; i++) { a[i] = 1.0; } } // unroll' };
    expect(unrollShader(shader)).toBe(shader);
  });

  it('copies the body with literals of the right type', () => {
    expect(unrolled('// @unroll\nfor (var i = 0u; i < 3u; i++) { f(i); }')).toBe('{ f(0u); } { f(1u); } { f(2u); }');
    expect(unrolled('// @unroll\nfor (var i = -1; i <= 1; i++) { f(x - i); }')).toBe('{ f(x - (-1i)); } { f(x - 0i); } { f(x - 1i); }');
    expect(unrolled('// @unroll\nfor (var i: u32 = 1; i < 6; i += 2) { f(i32(i)); }')).toBe('{ f(i32(1u)); } { f(i32(3u)); } { f(i32(5u)); }');
    expect(unrolled('a; // @unroll\nfor (var i = 3u; i < 3u; i++) { f(i); } b;')).toBe('a; b;');
  });

  it('takes bounds from constants and outer unrolled variables, not from their names in comments', () => {
    const source = `const TILE: u32 = 2u;
// @unroll every row { with a stray brace
for (var i = 0u; i < TILE; i++) {
  // i is a row } here
  /* @unroll */
  // @unroll
  for (var j = i; j <= TILE - 1u; j++) { f(i * 4u + j, p.i); }
}`;
    expect(unrolled(source)).toContain('f(0u * 4u + 0u, p.i); }');
    expect(unrolled(source).match(/f\([^)]*\)/g)).toEqual(['f(0u * 4u + 0u, p.i)', 'f(0u * 4u + 1u, p.i)', 'f(1u * 4u + 1u, p.i)']);
    expect(unrolled(source)).toContain('// i is a row } here');
  });

  it('leaves unmarked inner loops and replaces the variable in their headers', () => {
    expect(unrolled('// @unroll\nfor (var i = 0u; i < 2u; i++) { for (var k = i; k < n; k++) { if (k == i) { break; } continue; } }')).toBe(
      '{ for (var k = 0u; k < n; k++) { if (k == 0u) { break; } continue; } } { for (var k = 1u; k < n; k++) { if (k == 1u) { break; } continue; } }',
    );
  });

  it('honours inner declarations of the same name', () => {
    expect(unrolled('// @unroll\nfor (var i = 0u; i < 1u; i++) { f(i); { let i = i + 5u; g(i); } h(i); }')).toBe(
      '{ f(0u); { let i = 0u + 5u; g(i); } h(0u); }',
    );
    expect(unrolled('// @unroll\nfor (var i = 0u; i < 1u; i++) { for (var i = i; i < 9u; i++) { g(i); } h(i); }')).toBe(
      '{ for (var i = 0u; i < 9u; i++) { g(i); } h(0u); }',
    );
    expect(unrolled('// @unroll\nfor (var i = 0u; i < 2u; i++) { let x = i; f(x); }')).toBe('{ let x = 0u; f(x); } { let x = 1u; f(x); }');
  });

  it('turns arrays that are indexed by constants into scalars', () => {
    const source = `const TILE: u32 = 2u;
fn main() {
  var acc: array<vec4f, TILE * 2u>;
  // @unroll
  for (var i = 0u; i < TILE; i++) {
    // @unroll
    for (var j = 0u; j < 2u; j++) { acc[i * 2u + j] += w[j].x; acc [ i * 2u + j ] *= 2.0; }
  }
  y = acc[3];
}`;
    const text = unrolled(source);
    expect(text).toContain('var acc_0: vec4f; var acc_1: vec4f; var acc_2: vec4f; var acc_3: vec4f;');
    expect(text).toContain('{ acc_3 += w[1u].x; acc_3 *= 2.0; }');
    expect(text).toContain('y = acc_3;');
    expect(text).not.toMatch(/acc\s*\[/);
  });

  it('takes arrays of arrays and private arrays apart, and avoids names that exist', () => {
    const source = `var<private> p: array<f32, 2>;
fn main() {
  var a: array<array<vec2<f32>, 2>, 2>;
  let a_1_0 = 1.0;
  // @unroll
  for (var i = 0u; i < 2u; i++) { a[i][1u - i] = vec2f(p[i]); }
}`;
    const text = unrolled(source);
    expect(text).toContain('var<private> p_0: f32; var<private> p_1: f32;');
    expect(text).toContain('var a_0_0: vec2<f32>; var a_0_1: vec2<f32>; var a_1_0x: vec2<f32>; var a_1_1: vec2<f32>;');
    expect(text).toContain('{ a_0_1 = vec2f(p_0); } { a_1_0x = vec2f(p_1); }');
  });

  it('keeps arrays that are indexed otherwise, passed on, initialised, out of range or in workgroup memory', () => {
    const keep = (declaration: string, use: string): void => {
      const text = unrolled(`${declaration} { // @unroll\nfor (var i = 0u; i < 1u; i++) { ${use} } }`);
      expect(text).toContain(declaration);
      expect(text).toContain(use.replaceAll('i]', '0u]'));
    };
    keep('var a: array<f32, 2>;', 'a[i] = a[k];');
    keep('var a: array<f32, 2>;', 'f(a);');
    keep('var a: array<f32, 2>;', 'f(&a);');
    keep('var a: array<f32, 2> = array<f32, 2>(1.0, 2.0);', 'a[i] = 1.0;');
    keep('var a: array<f32, 2>;', 'a[2u + i] = 1.0;');
    keep('var<workgroup> a: array<f32, 2>;', 'a[i] = 1.0;');
    keep('var a: array<f32, N>;', 'a[i] = 1.0;');
  });

  it('keeps apart arrays of the same name in different scopes', () => {
    const text = unrolled(`fn f() { var a: array<f32, 1>; // @unroll
for (var i = 0u; i < 1u; i++) { a[i] = 1.0; } { var a: array<f32, 2>; a[k] = 2.0; } a[0] = 3.0; }
fn g() { var a: array<f32, 3>; a[k] = 4.0; }`);
    expect(text).toBe('fn f() { var a_0: f32; { a_0 = 1.0; } { var a: array<f32, 2>; a[k] = 2.0; } a_0 = 3.0; } fn g() { var a: array<f32, 3>; a[k] = 4.0; }');
  });

  it('knows the line of the file for every line of the expanded text', () => {
    const source = 'a;\n// @unroll\nfor (var i = 0u; i < 2u; i++) {\n  f(i);\n  /* two\n  lines */ g(i);\n}\nb;';
    const { source: text, lines } = unrollShader({ path: 'x.wgsl', source });
    const out = text.split('\n');
    expect(lines).toHaveLength(out.length);
    out.forEach((line, index) => {
      const original = source.split('\n')[(lines?.[index] ?? 0) - 1] ?? '';
      const word = /\b[abfg]\b/.exec(line)?.[0];
      if (word !== undefined) expect(original, `line ${String(index + 1)}: ${line}`).toContain(word);
    });
  });

  it.each([
    ['let x = 1;', 'the mark is followed by no for loop'],
    ['for (var i = 0u; i < n; i++) { }', 'the bound "n" is no constant'],
    ['for (var i = k; i < 2u; i++) { }', 'the start of i is no constant'],
    ['for (var i = 0u; i < LATER; i++) { }', 'the bound "LATER" is no constant'],
    ['for (var i = 0u; i < 2i; i++) { }', 'i is u32 and its bound i32'],
    ['for (var i = 0u; 2u > i; i++) { }', 'the condition is not i < N or i <= N'],
    ['for (var i = 0u; i < 2u; i--) { }', 'the step is not i++ or i += constant'],
    ['for (var i = 0u; i < 2u; i += 0u) { }', 'the step is not i++ or i += constant'],
    ['for (i = 0u; i < 2u; i++) { }', 'the loop declares no variable'],
    ['for (;;) { }', 'the loop declares no variable'],
    ['for (var i = 0u; i < 2u; i++) {', 'the loop has no closed body'],
    ['for (var i = 0u; i < 1000u; i++) { }', 'the loop has more than 256 iterations'],
  ])('refuses %s', (loop, problem) => {
    expect(failure(`override LATER: u32 = 2;\n\n// @unroll\n${loop}`)).toMatch(
      new RegExp(`^shader-invalid shaders/op/test\\.wgsl:3: ${problem.replace(/[+<=()]/g, '\\$&')}`),
    );
  });

  it.each([
    ['i = 2u;', 'the loop variable i'],
    ['i++;', 'the loop variable i'],
    ['f(&i);', 'the loop variable i'],
    ['if (a) { break; }', 'its own break'],
    ['switch a { default: { continue; } }', 'its own continue'],
    ['if (a) { continue; }', 'its own continue'],
  ])('refuses a body with %s and names its line', (statement, problem) => {
    const message = failure(`// @unroll\nfor (var i = 0u; i < 2u; i++) {\n  a();\n  ${statement}\n}`);
    expect(message).toContain('shaders/op/test.wgsl:4: ');
    expect(message).toContain(problem);
  });

  it.each([
    'let b = a & i;',
    'switch a { default: { break; } }',
    'loop { if (i == a) { break; } continuing { a++; } }',
    'let i = 3u; f(i);',
    'while (a) { continue; }',
  ])('allows a body with %s', (statement) => {
    expect(failure(`// @unroll\nfor (var i = 0u; i < 2u; i++) { ${statement} }`)).toBe('no error');
  });

  it('refuses an expansion that grows without reason', () => {
    const nest = (depth: number): string =>
      depth === 0 ? 'f();' : `// @unroll\nfor (var v${String(depth)} = 0u; v${String(depth)} < 200u; v${String(depth)}++) { ${nest(depth - 1)} }`;
    expect(failure(nest(3))).toContain('the expansion grows too large');
  });
});
