/**
 * What the engine reads out of a WGSL file: its bindings, its `Params` fields, its tuning constants and its workgroup
 * size. The files keep to a plain subset (one declaration a line), so a small reader is enough; the tests hold it
 * against a full WGSL parser for every file.
 */
import type { Shader } from './contract.js';
import { GramaryeError } from './errors.js';

/** How a shader uses a bound buffer. */
export type BindingAccess = 'uniform' | 'read' | 'read_write';

/** One `@group(0) @binding(n) var<…> name: type;`. */
export interface ShaderBinding {
  readonly index: number;
  readonly name: string;
  readonly access: BindingAccess;
  /** The WGSL type as written. */
  readonly type: string;
}

/** One field of `struct Params`; all are 4 bytes wide and lie one behind the other. */
export interface ParamsField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** The constants of a file by name. */
export interface TuningConstant {
  readonly name: string;
  readonly type: string;
  readonly kind: 'override' | 'const';
  readonly value: string;
}

/** What was read from one file. */
export interface ShaderReflection {
  readonly bindings: readonly ShaderBinding[];
  readonly params: readonly ParamsField[];
  readonly constants: readonly TuningConstant[];
  readonly enables: readonly string[];
}

const BINDING = /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)\s*:\s*([^;]+);/g;
const CONSTANT = /^(override|const)\s+([A-Z][A-Z0-9_]*)\s*:\s*(\w+)\s*=\s*([^;]+);/gm;
const PARAMS = /struct\s+Params\s*\{([^}]*)\}/;
const FIELD = /^(\w+)\s*:\s*(u32|i32|f32)$/;

/** The text without comments, of the same length and with the same line breaks. */
export function stripComments(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '));
}

/** Reads a file's declarations. Throws `shader-invalid` for what the engine's conventions do not allow. */
export function reflectShader(shader: Shader): ShaderReflection {
  const text = stripComments(shader.source);
  const bindings: ShaderBinding[] = [];
  for (const match of text.matchAll(BINDING)) {
    const [, index = '', space, access, name = '', type = ''] = match;
    bindings.push({ index: Number(index), name, type: type.trim(), access: space === 'uniform' ? 'uniform' : access === 'read_write' ? 'read_write' : 'read' });
  }
  bindings.sort((a, b) => a.index - b.index);
  bindings.forEach((binding, position) => {
    if (binding.index !== position) {
      throw new GramaryeError('shader-invalid', `shaders/${shader.path}: binding ${String(position)} is missing; bindings are numbered from 0 without gaps.`);
    }
  });
  const body = PARAMS.exec(text)?.[1] ?? '';
  const params = body
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map((field): ParamsField => {
      const [, name, type] = FIELD.exec(field) ?? [];
      if (name === undefined) {
        throw new GramaryeError('shader-invalid', `shaders/${shader.path}: Params field "${field}" is not a u32, i32 or f32 scalar.`);
      }
      return { name, type: type as ParamsField['type'] };
    });
  const constants = [...text.matchAll(CONSTANT)].map(([, kind = '', name = '', type = '', value = '']): TuningConstant => ({
    kind: kind === 'override' ? 'override' : 'const',
    name,
    type,
    value: value.trim(),
  }));
  const enables = [...text.matchAll(/^\s*enable\s+([^;]+);/gm)].flatMap(([, list = '']) => list.split(',').map((name) => name.trim()));
  return { bindings, params, constants, enables };
}

/**
 * Sets tuning constants: values for `override`s are returned for the pipeline, values for top-level `const`s are
 * written into the text. Throws `shader-invalid` for a name the file does not declare.
 */
export function applyConstants(
  shader: Shader,
  reflection: ShaderReflection,
  values: Readonly<Record<string, number>>,
): { source: string; overrides: Record<string, number> } {
  let source = shader.source;
  const overrides: Record<string, number> = {};
  for (const [name, value] of Object.entries(values)) {
    const constant = reflection.constants.find((candidate) => candidate.name === name);
    if (constant === undefined) {
      throw new GramaryeError('shader-invalid', `shaders/${shader.path} declares no constant ${name}.`, {
        remedy: `It has ${reflection.constants.map((candidate) => candidate.name).join(', ') || 'none'}.`,
      });
    }
    if (constant.kind === 'override') {
      overrides[name] = value;
      continue;
    }
    const literal = constant.type === 'f32' ? floatLiteral(value) : constant.type === 'u32' ? `${String(value)}u` : String(value);
    source = source.replace(new RegExp(`^(const\\s+${name}\\s*:\\s*\\w+\\s*=\\s*)[^;]+;`, 'm'), `$1${literal};`);
  }
  return { source, overrides };
}

function floatLiteral(value: number): string {
  const text = String(Math.fround(value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The bytes of a `Params` uniform. Throws `binding-mismatch` for a missing or superfluous field. */
export function packParams(shader: Shader, reflection: ShaderReflection, values: Readonly<Record<string, number>>): ArrayBuffer {
  const sizeBytes = Math.max(16, Math.ceil((reflection.params.length * 4) / 16) * 16);
  const buffer = new ArrayBuffer(sizeBytes);
  const view = new DataView(buffer);
  const known = new Set(reflection.params.map((field) => field.name));
  for (const name of Object.keys(values)) {
    if (!known.has(name)) throw new GramaryeError('binding-mismatch', `shaders/${shader.path}: Params has no field ${name}.`);
  }
  reflection.params.forEach((field, position) => {
    const value = values[field.name];
    if (value === undefined) throw new GramaryeError('binding-mismatch', `shaders/${shader.path}: Params field ${field.name} was given no value.`);
    if (field.type === 'f32') view.setFloat32(position * 4, value, true);
    else if (field.type === 'u32') view.setUint32(position * 4, value, true);
    else view.setInt32(position * 4, value, true);
  });
  return buffer;
}
