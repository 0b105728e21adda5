import { describe, expect, it } from 'vitest';
import { withHalfStorage, type HalfForm } from '../../src/engine/half-storage.js';

const SOURCE = `// Doubles.
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;

fn pick(input_index: u32) -> f32 {
  let sum = input[input_index].x + input[input_index + 1u].y;
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = id.x; // input[i]
  if (i > 5u) {
    return;
  }
  output[i] = pick(i);
  output[i + lane] += 2.0 * input[i].z;
}
`;

const half = (variables: readonly string[], form: HalfForm = 'native', watch = false, source = SOURCE): string =>
  withHalfStorage({ path: 'test/double.wgsl', source }, { form, variables, watch }).source;

describe('half-precision storage of a shader', () => {
  it('turns loads and stores of whole elements, and only those of the bindings named', () => {
    const text = half(['input', 'output']);
    expect(text).toMatch(/^enable f16; \/\/ Doubles\./);
    expect(text).toContain('var<storage, read> input: array<vec4<f16>>;');
    expect(text).toContain('var<storage, read_write> output: array<f16>;');
    expect(text).toContain('let sum = half_load_input(input_index).x + half_load_input(input_index + 1u).y;');
    expect(text).toContain('half_store_output(i, pick(i));');
    expect(text).toContain('half_store_output(i + lane, half_load_output(i + lane) + (2.0 * half_load_input(i).z));');
    expect(half(['input'])).toContain('output[i] = pick(i);');
    expect(half(['input'])).not.toContain('half_store');
  });

  it('keeps every line where it is', () => {
    const lines = half(['input', 'output'], 'packed', true).split('\n');
    SOURCE.split('\n').forEach((line, index) => {
      if (/^\s*(let|return|if|\})/.test(line)) expect(lines[index]?.trim().slice(0, 3)).toBe(line.trim().slice(0, 3));
    });
  });

  it('packs two to a word without shader-f16, neighbours in a word kept by atomics', () => {
    const text = half(['input', 'output'], 'packed');
    expect(text).not.toContain('enable');
    expect(text).not.toContain('f16(');
    expect(text).toContain('input: array<vec2u>;');
    expect(text).toContain('output: array<atomic<u32>>;');
    expect(text).toContain('atomicAnd(&output[i >> 1u]');
  });

  it('reports at the end of every invocation, early returns included', () => {
    const text = half(['output'], 'native', true);
    expect(text).toContain('fn half_main( id: vec3u,  lane: u32) {');
    expect(text).toContain(
      '@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) { half_main(id, lane); half_report(); }',
    );
    expect(text).toContain('@binding(2) var<storage, read_write> half_watch');
    expect(half(['input'], 'native', true), 'nothing is stored, so nothing can overflow').not.toContain('half_watch');
  });

  it.each([
    ['part of an element is written', 'output[i] = pick(i);', 'output[i].x = 1.0;'],
    ['it is used other than by element', 'output[i] = pick(i);', 'let n = arrayLength(&output);'],
    ['its address may be taken', 'output[i] = pick(i);', 'let p = &output[i];'],
    ['part of an element is written', 'output[i] = pick(i);', 'output[i]++;'],
  ])('refuses what it cannot turn: %s', (problem, from, to) => {
    expect(() => half(['output'], 'native', false, SOURCE.replace(from, to))).toThrow(new RegExp(`shaders/test/double\\.wgsl:1\\d: output .*${problem}`));
  });

  it('refuses bindings that are no arrays of f32 or vec4f', () => {
    expect(() => half(['nothing'])).toThrow(/nothing cannot be stored in half precision: it is bound nowhere/);
    expect(() => half(['output'], 'native', false, SOURCE.replace('array<f32>', 'array<u32>'))).toThrow(/its elements are u32/);
  });
});
