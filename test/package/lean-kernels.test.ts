/** Kernels as built pages have them: the same arithmetic, passes and refusals, without what only checks read; and shaders of the same tokens. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHECKING_FIELDS, leanKernels } from '../../scripts/lean-kernels.mjs';
import { minifyWgsl } from '../../scripts/wgsl-minify.mjs';
import type { KernelDefinition, Shader } from '../../src/engine/contract.js';
import type { DeviceTraits } from '../../src/engine/device.js';
import { isCode, tokenize } from '../../src/engine/wgsl-tokens.js';
import { unrollShader } from '../../src/engine/unroll.js';
import { KERNELS } from '../../src/kernels/index.js';
import { reflectShader } from '../../src/engine/wgsl.js';
import { shaderFiles } from '../support/shader-files.js';

const ROOT = resolve(import.meta.dirname, '../..');
const FOLDER = join(ROOT, '.cache', `lean-kernels-${String(process.pid)}`);
let lean: ReadonlyMap<string, KernelDefinition>;

beforeAll(async () => {
  const result = await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    plugins: [leanKernels()],
    build: { write: false, minify: false, ssr: true, rolldownOptions: { input: join(ROOT, 'src/kernels/run.ts') } },
  });
  const [chunk] = (result as Rolldown.RolldownOutput).output;
  mkdirSync(FOLDER, { recursive: true });
  const file = join(FOLDER, 'run.mjs');
  writeFileSync(file, chunk.code);
  const exported = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Readonly<Record<string, KernelDefinition | undefined>>;
  lean = new Map(Object.values(exported).flatMap((value) => (value?.variants === undefined ? [] : [[value.name, value] as const])));
});

afterAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
});

/** A graphics card, and software with small subgroups. */
const DEVICES = [32, 4].map(
  (subgroup) =>
    ({
      features: new Set(['subgroups', 'shader-f16']),
      isSoftware: subgroup < 32,
      subgroupMinSize: subgroup,
      subgroupMaxSize: subgroup,
      limits: {
        maxComputeWorkgroupsPerDimension: 65_535,
        maxComputeInvocationsPerWorkgroup: 256,
        maxComputeWorkgroupStorageSize: 32_768,
        maxStorageBufferBindingSize: 2 ** 30,
        maxBufferSize: 2 ** 30,
      },
    }) as unknown as DeviceTraits,
);

describe('kernels in built pages', () => {
  it('are all there, without what only checks read', () => {
    expect([...lean.keys()].sort()).toEqual(KERNELS.map(({ name }) => name).sort());
    for (const kernel of lean.values()) {
      expect(
        Object.keys(kernel).filter((field) => CHECKING_FIELDS.has(field)),
        kernel.name,
      ).toEqual([]);
      for (const part of [...kernel.inputs, ...kernel.outputs, ...kernel.variants]) expect(part, kernel.name).not.toHaveProperty('summary');
    }
  });

  it.each(KERNELS.map((kernel) => [kernel.name, kernel] as const))('%s computes the same in the same passes', (name, whole) => {
    const built = lean.get(name);
    if (built === undefined) throw new Error(`${name} is missing`);
    expect(built.half).toEqual(whole.half);
    const bare = (specs: KernelDefinition['inputs']): unknown => specs.map(({ summary, ...spec }) => (summary === '' ? [] : spec));
    expect(built.inputs).toEqual(bare(whole.inputs));
    expect(built.outputs).toEqual(bare(whole.outputs));
    expect(built.variants.map(({ id }) => id)).toEqual(whole.variants.map(({ id }) => id));
    let compared = 0;
    for (const sample of [...whole.samples, ...(whole.largeSamples ?? [])]) {
      expect(built.shapes(sample)).toEqual(whole.shapes(sample));
      expect(built.cost(sample)).toEqual(whole.cost(sample));
      whole.variants.forEach((variant, index) => {
        const other = built.variants[index];
        for (const device of DEVICES) {
          const verdict = variant.accepts(sample, device);
          expect(other?.accepts(sample, device)).toBe(verdict);
          if (verdict !== true) continue;
          expect(other?.preference?.(sample, device)).toBe(variant.preference?.(sample, device));
          expect(other?.scratch?.(sample, device)).toEqual(variant.scratch?.(sample, device));
          expect(other?.prepare?.(sample, device)).toEqual(variant.prepare?.(sample, device));
          expect(other?.passes(sample, device)).toEqual(variant.passes(sample, device));
          compared++;
        }
      });
    }
    expect(compared).toBeGreaterThan(0);
  });
});

describe('shaders in built pages', () => {
  const meaning = (source: string): string[] =>
    tokenize(source)
      .filter((token) => (token.kind === 'comment' ? token.text.startsWith('// @') : isCode(token)))
      .map(({ text }) => text.trim());

  // Expressions may be spaced otherwise.
  const declared = (shader: Shader): string => JSON.stringify(reflectShader(shader)).replace(/ /g, '');

  it.each(shaderFiles())('$path has the same tokens and declarations, plain and expanded', async (shader) => {
    const source = await minifyWgsl(shader.source);
    expect(meaning(source)).toEqual(meaning(shader.source));
    expect(declared({ ...shader, source })).toEqual(declared(shader));
    expect(source.length).toBeLessThan(shader.source.length);
    expect(await minifyWgsl(source)).toBe(source);
    expect(meaning(unrollShader({ ...shader, source }).source)).toEqual(meaning(unrollShader(shader).source));
  });
});
