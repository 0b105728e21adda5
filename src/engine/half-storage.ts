/**
 * Half-precision storage. A shader is written once, for f32; this turns chosen bindings of it from f32 into IEEE 754
 * binary16 in memory, while every sum and product stays f32: loads widen, stores clamp to ±65,504 and narrow. Two forms:
 *
 * - `native`, where the device has `shader-f16`: `array<f16>` and `array<vec4<f16>>`;
 * - `packed`, for every other device: the same bytes as words of two halves. Vectors of four are two words and need
 *   nothing special; a single number shares its word with a neighbour, so it is written by two atomics that leave the
 *   neighbour's bits alone.
 *
 * With a watch the shader also counts stored numbers that half precision cannot hold (too large, infinite, NaN) and the
 * largest magnitude, per invocation in registers, and adds both to a buffer of two words when the invocation ends.
 */
import type { Shader } from './contract.js';
import type { DeviceTraits } from './device.js';
import { GramaryeError } from './errors.js';
import { closingBracket, isCode, nextCode, previousCode, tokenize, usesOf, type Token } from './wgsl-tokens.js';

/** How halves lie in a shader. */
export type HalfForm = 'native' | 'packed';

/** The largest number of half precision. */
export const HALF_MAX = 65_504;

/** Variable that a watching shader binds: count and largest magnitude (as f32 bits), two u32. */
export const WATCH_VARIABLE = 'half_watch';

/** The form that a device takes. */
export function halfForm({ features }: Pick<DeviceTraits, 'features'>): HalfForm {
  return features.has('shader-f16') ? 'native' : 'packed';
}

/** What is changed in a shader. */
export interface HalfStorage {
  readonly form: HalfForm;
  /** WGSL names of the bindings that are stored in half precision. */
  readonly variables: readonly string[];
  /** Count what does not fit, in {@link WATCH_VARIABLE}. */
  readonly watch: boolean;
}

interface Binding {
  readonly name: string;
  readonly isVector: boolean;
  readonly isWritten: boolean;
  /** Token indices of the element type inside `array<…>`, both inclusive. */
  readonly typeFrom: number;
  readonly typeTo: number;
  /** One past the `;` of the declaration. */
  readonly end: number;
}

const COMPOUND = /^([-+*/])=$/;

/** `var<storage, …> NAME: array<TYPE>;` of a variable. */
function findBinding(path: string, tokens: readonly Token[], name: string): Binding {
  const fail = (problem: string): never => {
    throw new GramaryeError('shader-invalid', `shaders/${path}: ${name} cannot be stored in half precision: ${problem}.`);
  };
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]?.text !== 'var' || tokens[at]?.kind !== 'word') continue;
    const end = tokens.findIndex((token, index) => index > at && token.text === ';');
    const code = tokens.slice(at, end).flatMap((token, offset) => (isCode(token) ? [{ text: token.text, at: at + offset }] : []));
    const texts = code.map(({ text }) => text);
    // var < storage , ACCESS > NAME : array < TYPE >
    if (texts[2] !== 'storage' || texts[6] !== name) continue;
    if (texts[8] !== 'array' || texts[9] !== '<') return fail('it is no array');
    const type = texts.slice(10, -1).join('');
    if (!['f32', 'vec4f', 'vec4<f32>'].includes(type)) return fail(`its elements are ${type}, not f32 or vec4f`);
    return {
      name,
      isVector: type !== 'f32',
      isWritten: texts[4] === 'read_write',
      typeFrom: code[10]?.at ?? 0,
      typeTo: code.at(-2)?.at ?? 0,
      end: end + 1,
    };
  }
  return fail('it is bound nowhere');
}

function storageType({ form }: HalfStorage, { isVector, isWritten }: Binding): string {
  if (form === 'native') return isVector ? 'vec4<f16>' : 'f16';
  return isVector ? 'vec2u' : isWritten ? 'atomic<u32>' : 'u32';
}

function loadBody({ form }: HalfStorage, { name, isVector, isWritten }: Binding): string {
  if (form === 'native') return `return ${isVector ? 'vec4f' : 'f32'}(${name}[i]);`;
  if (isVector) return `let w = ${name}[i]; return vec4f(unpack2x16float(w.x), unpack2x16float(w.y));`;
  const word = isWritten ? `atomicLoad(&${name}[i >> 1u])` : `${name}[i >> 1u]`;
  return `return unpack2x16float(${word} >> ((i & 1u) * 16u)).x;`;
}

function storeBody({ form, watch }: HalfStorage, { name, isVector }: Binding): string {
  const see = watch ? `half_see${isVector ? '_vector' : ''}(value); ` : '';
  const limit = `${String(HALF_MAX)}.0`;
  const clamped = isVector ? `let v = clamp(value, vec4f(-${limit}), vec4f(${limit})); ` : `let v = clamp(value, -${limit}, ${limit}); `;
  if (form === 'native') return `${see}${clamped}${name}[i] = ${isVector ? 'vec4<f16>' : 'f16'}(v);`;
  if (isVector) return `${see}${clamped}${name}[i] = vec2u(pack2x16float(v.xy), pack2x16float(v.zw));`;
  return (
    `${see}${clamped}let shift = (i & 1u) * 16u; atomicAnd(&${name}[i >> 1u], ~(0xffffu << shift)); ` +
    `atomicOr(&${name}[i >> 1u], (pack2x16float(vec2f(v, 0.0)) & 0xffffu) << shift);`
  );
}

function helpers(storage: HalfStorage, binding: Binding): string[] {
  const { name, isVector, isWritten } = binding;
  const type = isVector ? 'vec4f' : 'f32';
  const load = `fn half_load_${name}(i: u32) -> ${type} { ${loadBody(storage, binding)} }`;
  return isWritten ? [load, `fn half_store_${name}(i: u32, value: ${type}) { ${storeBody(storage, binding)} }`] : [load];
}

/** Bits of {@link HALF_MAX} as f32: compared as integers, so that a compiler that assumes finite numbers cannot leave it out. */
const LIMIT_BITS = '0x477fe000u';

function watchHelpers(bindingIndex: number): string[] {
  return [
    `@group(0) @binding(${String(bindingIndex)}) var<storage, read_write> ${WATCH_VARIABLE}: array<atomic<u32>, 2>;`,
    'var<private> half_count: u32;',
    'var<private> half_top: u32;',
    `fn half_see(value: f32) { let b = bitcast<u32>(value) & 0x7fffffffu; half_top = max(half_top, b); half_count += u32(b > ${LIMIT_BITS}); }`,
    'fn half_see_vector(value: vec4f) { let b = bitcast<vec4u>(value) & vec4u(0x7fffffffu); half_top = max(half_top, max(max(b.x, b.y), max(b.z, b.w))); ' +
      `let over = vec4u(b > vec4u(${LIMIT_BITS})); half_count += over.x + over.y + over.z + over.w; }`,
    `fn half_report() { if (half_count > 0u) { atomicAdd(&${WATCH_VARIABLE}[0], half_count); } ` +
      // Most invocations find their largest number below what is known and write nothing.
      `if (half_top > atomicLoad(&${WATCH_VARIABLE}[1])) { atomicMax(&${WATCH_VARIABLE}[1], half_top); } }`,
  ];
}

/** Rewrites loads and stores of the bindings; every line keeps its number. */
class Rewriter {
  readonly #path: string;
  readonly #tokens: readonly Token[];
  /** Name of the binding used at a token. */
  readonly #uses = new Map<number, string>();
  readonly #replaced: ReadonlyMap<number, string>;

  constructor(path: string, tokens: readonly Token[], bindings: readonly Binding[], replaced: ReadonlyMap<number, string>) {
    this.#path = path;
    this.#tokens = tokens;
    this.#replaced = replaced;
    for (const { name, end } of bindings) {
      // Functions may come before the declaration as well.
      for (const use of [...usesOf(tokens, name, 0, end - 1), ...usesOf(tokens, name, end, tokens.length)]) {
        if (tokens[nextCode(tokens, use + 1)]?.text !== ':') this.#uses.set(use, name);
      }
    }
  }

  /** The text of tokens `[from, to)`. */
  text(from: number, to: number): string {
    let result = '';
    let at = from;
    while (at < to) {
      const name = this.#uses.get(at);
      if (name === undefined) {
        result += this.#replaced.get(at) ?? this.#tokens[at]?.text ?? '';
        at++;
        continue;
      }
      const [text, next] = this.#access(name, at);
      result += text;
      at = next;
    }
    return result;
  }

  /** The text that takes the place of a load or of a whole assignment, and the token behind it. */
  #access(name: string, at: number): [string, number] {
    const tokens = this.#tokens;
    const open = nextCode(tokens, at + 1);
    if (tokens[open]?.text !== '[') this.#fail(name, at, 'it is used other than by element');
    if (tokens[previousCode(tokens, at)]?.text === '&') this.#fail(name, at, 'its address may be taken');
    const close = closingBracket(tokens, open);
    const index = this.text(open + 1, close);
    const after = nextCode(tokens, close + 1);
    const operator = tokens[after]?.text ?? '';
    const compound = COMPOUND.exec(operator)?.[1];
    if (operator !== '=' && compound === undefined) {
      this.#refuseWrite(name, close + 1);
      return [`half_load_${name}(${index})`, close + 1];
    }
    let end = after + 1;
    while (end < tokens.length && tokens[end]?.text !== ';') end++;
    const value = this.text(after + 1, end).trim();
    const stored = compound === undefined ? value : `half_load_${name}(${index}) ${compound} (${value})`;
    return [`half_store_${name}(${index}, ${stored})`, end];
  }

  /** Refuses `NAME[i].x = …`, `NAME[i]++` and the like. */
  #refuseWrite(name: string, from: number): void {
    const tokens = this.#tokens;
    let at = nextCode(tokens, from);
    while (tokens[at]?.text === '.' || tokens[at]?.text === '[') {
      at = nextCode(tokens, tokens[at]?.text === '.' ? nextCode(tokens, at + 1) + 1 : closingBracket(tokens, at) + 1);
    }
    if (/^(=|\+\+|--|[-+*/%&|^]=|<<=)$/.test(tokens[at]?.text ?? '')) this.#fail(name, from, 'part of an element is written');
  }

  #fail(name: string, at: number, problem: string): never {
    throw new GramaryeError(
      'shader-invalid',
      `shaders/${this.#path}:${String(this.#tokens[at]?.line ?? 0)}: ${name} cannot be stored in half precision: ${problem}.`,
      {
        remedy: 'Load and store whole elements: let v = NAME[i]; NAME[i] = v;',
      },
    );
  }
}

/** Renames `main` and makes an entry point that calls it and then reports. `replaced` receives new texts of tokens. */
function wrapMain(path: string, tokens: readonly Token[], replaced: Map<number, string>): string {
  const name = tokens.findIndex((token, at) => token.text === 'main' && tokens[previousCode(tokens, at)]?.text === 'fn');
  const keyword = previousCode(tokens, name);
  let attributes = keyword;
  while (attributes >= 0 && !(tokens[attributes]?.text === '@' && tokens[nextCode(tokens, attributes + 1)]?.text === 'compute')) attributes--;
  if (name < 0 || attributes < 0) throw new GramaryeError('shader-invalid', `shaders/${path}: there is no entry point main.`);
  const open = nextCode(tokens, name + 1);
  const close = closingBracket(tokens, open);
  const code = (from: number, to: number): string =>
    tokens
      .slice(from, to)
      .map((token) => (token.kind === 'comment' ? ' ' : token.text.replaceAll('\n', ' ')))
      .join('');
  const entry = code(attributes, keyword);
  const parameters = code(open + 1, close);
  const names: string[] = [];
  for (let at = open + 1; at < close; at++) {
    if (tokens[at]?.text === '@') {
      // @builtin(…) belongs to entry points only.
      const end = closingBracket(tokens, nextCode(tokens, nextCode(tokens, at + 1) + 1));
      for (let drop = at; drop <= end; drop++) if (tokens[drop]?.kind !== 'space') replaced.set(drop, '');
      at = end;
    } else if (tokens[at]?.text === ':') names.push(tokens[previousCode(tokens, at)]?.text ?? '');
  }
  for (let at = attributes; at < keyword; at++) if (tokens[at]?.kind !== 'space') replaced.set(at, '');
  replaced.set(name, 'half_main');
  return `${entry}fn main(${parameters}) { half_main(${names.join(', ')}); half_report(); }`;
}

/**
 * The shader with some of its bindings stored in half precision. Lines keep their numbers. Throws `shader-invalid` for
 * bindings that are no arrays of f32 or vec4f or are used other than by whole elements.
 */
export function withHalfStorage(shader: Shader, storage: HalfStorage): Shader {
  const tokens = tokenize(shader.source);
  const bindings = storage.variables.map((name) => findBinding(shader.path, tokens, name));
  const replaced = new Map<number, string>();
  for (const binding of bindings) {
    for (let at = binding.typeFrom; at <= binding.typeTo; at++) replaced.set(at, '');
    replaced.set(binding.typeFrom, storageType(storage, binding));
  }
  const watches = storage.watch && bindings.some(({ isWritten }) => isWritten);
  const used: HalfStorage = { ...storage, watch: watches };
  const added = bindings.flatMap((binding) => helpers(used, binding));
  if (watches) {
    const indices = [...shader.source.matchAll(/@binding\((\d+)\)/g)].map(([, index]) => Number(index));
    added.push(...watchHelpers(Math.max(...indices) + 1), wrapMain(shader.path, tokens, replaced));
  }
  const body = new Rewriter(shader.path, tokens, bindings, replaced).text(0, tokens.length);
  const enable = used.form === 'native' ? 'enable f16; ' : '';
  return { path: shader.path, source: `${enable}${body}\n${added.join('\n')}\n` };
}
