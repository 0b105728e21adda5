import addRowShader from '../../../shaders/add-row/elementwise.wgsl?raw';
import addScaledRowShader from '../../../shaders/add-scaled-row/elementwise.wgsl?raw';
import scaleRowsShader from '../../../shaders/scale-rows/elementwise.wgsl?raw';
import { defineKernel, type Pass } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** Dimensions of the matrix. */
export type RowsAttributes = { readonly rows: number; readonly columns: number };

const WORKGROUP = 64;
const SAMPLES: readonly RowsAttributes[] = [
  { rows: 1, columns: 1 },
  { rows: 3, columns: 5 },
  { rows: 65, columns: 12 },
  { rows: 1_031, columns: 16 },
];
const ATTRIBUTES = { rows: 'rows', columns: 'columns' };

function requireRows(owner: string, { rows, columns }: RowsAttributes): void {
  requireInteger(owner, 'rows', rows);
  requireInteger(owner, 'columns', columns);
}

function elementwise(path: string, source: string, { rows, columns }: RowsAttributes, limit: number): readonly Pass[] {
  return [
    {
      shader: { path, source },
      constants: { WORKGROUP },
      params: { rows, columns },
      workgroups: linearWorkgroups(ceilDiv(rows * columns, WORKGROUP), limit),
    },
  ];
}

/** Every row of a matrix times a factor of its own. */
export const scaleRows = defineKernel<RowsAttributes>({
  name: 'scaleRows',
  summary: 'Every row of a matrix times a factor of its own: features weighed by a mask.',
  formula: 'scaled[r, c] = matrix[r, c] * factors[r]',
  source: 'Gatys et al., "Controlling perceptual factors in neural style transfer", CVPR 2017, section 4: guided Gram matrices.',
  inputs: [
    { name: 'matrix', dtype: 'f32', summary: 'matrix [rows, columns]' },
    { name: 'factors', dtype: 'f32', summary: 'factor of each row [rows]' },
  ],
  outputs: [{ name: 'scaled', dtype: 'f32', summary: 'matrix [rows, columns]' }],
  half: ['matrix', 'scaled'],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    requireRows('scaleRows', attributes);
    const { rows, columns } = attributes;
    return { matrix: [rows, columns], factors: [rows], scaled: [rows, columns] };
  },
  reference: ({ columns }, { matrix = new Float64Array(), factors = new Float64Array() }) => ({
    scaled: matrix.map((value, i) => value * (factors[Math.floor(i / columns)] ?? 0)),
  }),
  cost: ({ rows, columns }) => ({ flops: rows * columns, bytes: 4 * rows * (2 * columns + 1) }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: (attributes, device) => elementwise('scale-rows/elementwise.wgsl', scaleRowsShader, attributes, device.limits.maxComputeWorkgroupsPerDimension),
    },
  ],
  gradient: { none: 'The gradient of a guided Gram matrix is taken with rows scaled by the squares of the factors.' },
  samples: SAMPLES,
});

/** One row added to every row of a matrix. */
export const addRow = defineKernel<RowsAttributes>({
  name: 'addRow',
  summary: 'One row, weighted, added to every row of a matrix: what a mean over positions gives back to each of them.',
  formula: 'matrix[r, c] += weight * row[c]',
  source: 'By definition.',
  inputs: [
    { name: 'row', dtype: 'f32', summary: 'row [columns]' },
    { name: 'weight', dtype: 'f32', summary: 'its factor [1]' },
  ],
  outputs: [{ name: 'matrix', dtype: 'f32', summary: 'matrix [rows, columns]', inPlace: true }],
  half: ['matrix'],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    requireRows('addRow', attributes);
    const { rows, columns } = attributes;
    return { row: [columns], weight: [1], matrix: [rows, columns] };
  },
  reference: ({ columns }, { row = new Float64Array(), weight = new Float64Array(), matrix = new Float64Array() }) => ({
    matrix: matrix.map((value, i) => value + (weight[0] ?? 0) * (row[i % columns] ?? 0)),
  }),
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 8 * rows * columns }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: (attributes, device) => elementwise('add-row/elementwise.wgsl', addRowShader, attributes, device.limits.maxComputeWorkgroupsPerDimension),
    },
  ],
  gradient: { none: 'It adds a gradient.' },
  samples: SAMPLES,
});

/** One row added to every row of a matrix, times a factor of each. */
export const addScaledRow = defineKernel<RowsAttributes>({
  name: 'addScaledRow',
  summary: 'One row, weighted, added to every row of a matrix times a factor of each: what a mean weighed by a mask gives back.',
  formula: 'matrix[r, c] += weight * factors[r] * row[c]',
  source: 'By definition.',
  inputs: [
    { name: 'row', dtype: 'f32', summary: 'row [columns]' },
    { name: 'factors', dtype: 'f32', summary: 'factor of each row [rows]' },
    { name: 'weight', dtype: 'f32', summary: 'factor of all [1]' },
  ],
  outputs: [{ name: 'matrix', dtype: 'f32', summary: 'matrix [rows, columns]', inPlace: true }],
  half: ['matrix'],
  attributes: ATTRIBUTES,
  shapes(attributes) {
    requireRows('addScaledRow', attributes);
    const { rows, columns } = attributes;
    return { row: [columns], factors: [rows], weight: [1], matrix: [rows, columns] };
  },
  reference: ({ columns }, { row = new Float64Array(), factors = new Float64Array(), weight = new Float64Array(), matrix = new Float64Array() }) => ({
    matrix: matrix.map((value, i) => value + (weight[0] ?? 0) * (factors[Math.floor(i / columns)] ?? 0) * (row[i % columns] ?? 0)),
  }),
  cost: ({ rows, columns }) => ({ flops: 3 * rows * columns, bytes: 4 * rows * (2 * columns + 1) }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element.',
      accepts: () => true,
      passes: (attributes, device) =>
        elementwise('add-scaled-row/elementwise.wgsl', addScaledRowShader, attributes, device.limits.maxComputeWorkgroupsPerDimension),
    },
  ],
  gradient: { none: 'It adds a gradient.' },
  samples: SAMPLES,
});
