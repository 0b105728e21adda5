import slicesShader from '../../../shaders/column-sum/slices.wgsl?raw';
import { defineKernel, type Pass } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Dimensions of the matrix. */
export type ColumnSumAttributes = { readonly rows: number; readonly columns: number };

const WORKGROUP = 64;
/** Enough slices to occupy a device, few enough for the second pass. */
const MAX_SLICES = 64;

/** Sums every `slices`-th row: [rows, columns] to [slices, columns]; with one slice the whole sum. */
export function columnSumPass(
  { rows, columns, slices }: ColumnSumAttributes & { readonly slices: number },
  [input, output]: readonly [input: string, output: string],
  { limits }: DeviceTraits,
): Pass {
  return {
    shader: { path: 'column-sum/slices.wgsl', source: slicesShader },
    constants: { WORKGROUP },
    params: { rows, columns, slices, rounds: ceilDiv(rows, slices) },
    workgroups: linearWorkgroups(ceilDiv(slices * columns, WORKGROUP), limits.maxComputeWorkgroupsPerDimension),
    bind: { input, output },
  };
}

const slicesOf = ({ rows }: ColumnSumAttributes): number => Math.min(MAX_SLICES, Math.max(1, Math.floor(Math.sqrt(rows))));

/** Sums over pixels and batch: the gradient of a bias. */
export const columnSum = defineKernel<ColumnSumAttributes>({
  name: 'columnSum',
  summary: 'Sums of the columns of a matrix: the gradient of a bias over batch and pixels.',
  formula: 'output[c] = Σ_r input[r, c]',
  source: 'By definition.',
  inputs: [{ name: 'input', dtype: 'f32', summary: 'matrix [rows, columns]' }],
  outputs: [{ name: 'output', dtype: 'f32', summary: 'sums [columns]' }],
  half: ['input'],
  attributes: { rows: 'rows', columns: 'columns' },
  shapes({ rows, columns }) {
    requireInteger('columnSum', 'rows', rows);
    requireInteger('columnSum', 'columns', columns);
    return { input: [rows, columns], output: [columns] };
  },
  reference: ({ rows, columns }, { input = new Float64Array() }) => {
    const output = new Float64Array(columns);
    for (let i = 0; i < rows * columns; i++) output[i % columns] = (output[i % columns] ?? 0) + (input[i] ?? 0);
    return { output };
  },
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 4 * (rows + 1) * columns }),
  variants: [
    {
      id: 'slices',
      summary: 'Partial sums of strided rows, then their sum; no workgroup memory.',
      accepts: () => true,
      scratch: (attributes) => ({ partials: 4 * slicesOf(attributes) * attributes.columns }),
      passes: (attributes, device) => {
        const { rows, columns } = attributes;
        const slices = slicesOf(attributes);
        return [
          columnSumPass({ rows, columns, slices }, ['input', 'partials'], device),
          columnSumPass({ rows: slices, columns, slices: 1 }, ['partials', 'output'], device),
        ];
      },
    },
  ],
  gradient: { none: 'It is itself the gradient of a bias.' },
  samples: [
    { rows: 1, columns: 1 },
    { rows: 3, columns: 5 },
    { rows: 67, columns: 31 },
    { rows: 5_003, columns: 12 },
  ],
  largeSamples: [{ rows: 2, columns: 65_537 * 64 + 1 }],
});
