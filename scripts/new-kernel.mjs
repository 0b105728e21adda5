/**
 * The skeleton of a kernel: `npm run new:kernel NAME` (camelCase) writes its definition, its WGSL file and its line in
 * src/kernels/list.ts. The skeleton doubles its input, so that it passes its tests until it becomes what it should be.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [name = '', root = fileURLToPath(new URL('..', import.meta.url))] = process.argv.slice(2);
const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const base = root.replace(/\/?$/, '/');
const listPath = `${base}src/kernels/list.ts`;

function stop(problem) {
  console.error(problem);
  process.exit(2);
}
if (!/^[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)*$/.test(name)) stop(`"${name}" is no kernel name. Write it in camelCase, e.g. npm run new:kernel boxBlur.`);
if (existsSync(`${base}src/kernels/${kebab}`) || existsSync(`${base}shaders/${kebab}`))
  stop(`Kernel ${name} is there already (${kebab}). Choose another name.`);

const type = `${name[0].toUpperCase()}${name.slice(1)}Attributes`;
const wgsl = `// Twice each value.
// One invocation computes one element. Nothing is shared. Numerics: f32, exact.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> values: array<f32>;
@group(0) @binding(1) var<storage, read_write> result: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i < params.count) {
    result[i] = 2.0 * values[i];
  }
}
`;
const definition = `import elementwise from '../../../shaders/${kebab}/elementwise.wgsl?raw';
import { defineKernel } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** How many values there are. */
export type ${type} = { readonly count: number };

const WORKGROUP = 64;

/** Twice each value. */
export const ${name} = defineKernel<${type}>({
  name: '${name}',
  summary: 'Twice each value.',
  formula: 'result[i] = 2 * values[i]',
  source: 'The skeleton of a new kernel.',
  inputs: [{ name: 'values', dtype: 'f32', summary: 'values [count]' }],
  outputs: [{ name: 'result', dtype: 'f32', summary: 'results [count]' }],
  attributes: { count: 'number of values' },
  shapes({ count }) {
    requireInteger('${name}', 'count', count);
    return { values: [count], result: [count] };
  },
  reference: (_, { values = new Float64Array() }) => ({ result: values.map((value) => 2 * value) }),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: ({ count }, device) => [
        {
          shader: { path: '${kebab}/elementwise.wgsl', source: elementwise },
          constants: { WORKGROUP },
          params: { count },
          workgroups: linearWorkgroups(ceilDiv(count, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension),
        },
      ],
    },
  ],
  gradient: { none: 'The slope is 2 everywhere.' },
  samples: [{ count: 1 }, { count: WORKGROUP - 1 }, { count: WORKGROUP }, { count: WORKGROUP + 1 }, { count: 1_009 }],
});
`;
mkdirSync(`${base}shaders/${kebab}`, { recursive: true });
mkdirSync(`${base}src/kernels/${kebab}`, { recursive: true });
writeFileSync(`${base}shaders/${kebab}/elementwise.wgsl`, wgsl);
writeFileSync(`${base}src/kernels/${kebab}/${kebab}.ts`, definition);
const line = `export { ${name} } from './${kebab}/${kebab}.js';`;
const lines = readFileSync(listPath, 'utf8').split('\n');
const next = lines.findIndex((other) => other.startsWith('export') && other.replace('export {', '').trimStart() > line.replace('export {', '').trimStart());
const end = lines.findLastIndex((other) => other.startsWith('export')) + 1;
lines.splice(next < 0 ? end : next, 0, line);
writeFileSync(listPath, lines.join('\n'));
console.log(`Wrote src/kernels/${kebab}/${kebab}.ts, shaders/${kebab}/elementwise.wgsl and a line in src/kernels/list.ts.
Next: npx vitest run test/kernels/variants.test.ts -t ${name}; npm run docs:kernels.`);
