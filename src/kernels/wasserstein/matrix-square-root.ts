import factorShader from '../../../shaders/matrix-square-root/factor.wgsl?raw';
import finishShader from '../../../shaders/matrix-square-root/finish.wgsl?raw';
import startShader from '../../../shaders/matrix-square-root/start.wgsl?raw';
import traceShader from '../../../shaders/matrix-square-root/trace.wgsl?raw';
import { defineKernel, type Pass, type Values } from '../../engine/contract.js';
import { requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { METHODS, type Product } from '../pointwise-conv/matmul.js';

/** Rows and columns of the matrix. */
export type SquareRootAttributes = { readonly size: number };

const WORKGROUP = 64;

/**
 * Rounds of the iteration. Each brings an eigenvalue that is small beside the trace nearer by a factor of 9/4: after fifteen, those above
 * 5e-6 of it have converged. In f32 more would only amplify the rounding of smaller ones.
 */
export const ROOT_ROUNDS = 15;

/** The same by plain iteration in float64, to convergence. */
export function matrixSquareRootReference({ size }: SquareRootAttributes, { matrix = new Float64Array() }: Values): Values {
  const multiply = (a: Float64Array, b: Float64Array): Float64Array<ArrayBuffer> =>
    Float64Array.from(a, (_, i) => {
      const [row, column] = [Math.floor(i / size), i % size];
      let sum = 0;
      for (let k = 0; k < size; k++) sum += (a[row * size + k] ?? 0) * (b[k * size + column] ?? 0);
      return sum;
    });
  const isDiagonal = (i: number): boolean => Math.floor(i / size) === i % size;
  const trace = matrix.reduce((sum, value, i) => sum + (isDiagonal(i) ? value : 0), 0);
  let y = Float64Array.from(matrix, (value) => value / trace);
  let z = Float64Array.from(matrix, (_, i) => (isDiagonal(i) ? 1 : 0));
  for (let round = 0; round < 40; round++) {
    const w = multiply(z, y).map((value, i) => (isDiagonal(i) ? 1.5 : 0) - 0.5 * value);
    [y, z] = [multiply(y, w), multiply(w, z)];
  }
  return { root: y.map((value) => value * Math.sqrt(trace)), inverseRoot: z.map((value) => value / Math.sqrt(trace)) };
}

function productOf(size: number, a: string, b: string, output: string): Product {
  // Without a bias any input may stand in its place.
  return { rows: size, inner: size, bRows: size, columns: size, bias: false, relu6: false, bind: { a, b, bias: 'matrix', output } };
}

/** Square root of a symmetric positive definite matrix, and its inverse. */
export const matrixSquareRoot = defineKernel<SquareRootAttributes>({
  name: 'matrixSquareRoot',
  summary: 'Square root of a symmetric positive definite matrix and the inverse of that root, by a coupled Newton–Schulz iteration.',
  formula: 'y = matrix / trace, z = I; repeat: w = 3/2 I - 1/2 z y, y = y w, z = w z; root = y sqrt(trace), inverseRoot = z / sqrt(trace)',
  source: 'Denman, Beavers, 1976; Higham, "Functions of matrices", SIAM 2008, section 6.7; Lin, Maji, "Improved bilinear pooling with CNNs", BMVC 2017.',
  inputs: [{ name: 'matrix', dtype: 'f32', summary: 'symmetric positive definite matrix [size, size]' }],
  outputs: [
    { name: 'root', dtype: 'f32', summary: 'its square root [size, size]' },
    { name: 'inverseRoot', dtype: 'f32', summary: 'inverse of the root [size, size]' },
  ],
  attributes: { size: 'rows and columns' },
  shapes({ size }) {
    requireInteger('matrixSquareRoot', 'size', size);
    return { matrix: [size, size], root: [size, size], inverseRoot: [size, size] };
  },
  reference: matrixSquareRootReference,
  cost: ({ size }) => ({ flops: ROOT_ROUNDS * 6 * size ** 3, bytes: 12 * size * size }),
  variants: METHODS.map((method) => ({
    id: method.id,
    summary: `Products of matrices: ${method.summary}`,
    accepts: ({ size }, device) => method.accepts(productOf(size, 'z0', 'y0', 'w'), device),
    scratch: ({ size }) => ({ trace: 4, y0: 4 * size * size, y1: 4 * size * size, z0: 4 * size * size, z1: 4 * size * size, w: 4 * size * size }),
    passes: ({ size }, device) => {
      const params = { size };
      const workgroups = linearWorkgroups(ceilDiv(size * size, WORKGROUP), device.limits.maxComputeWorkgroupsPerDimension);
      const constants = { WORKGROUP };
      const rounds = Array.from({ length: ROOT_ROUNDS }, (_, round): Pass[] => {
        const [from, to] = [String(round % 2), String((round + 1) % 2)];
        return [
          method.pass(productOf(size, `z${from}`, `y${from}`, 'w')),
          { shader: { path: 'matrix-square-root/factor.wgsl', source: factorShader }, constants, params, workgroups },
          method.pass(productOf(size, `y${from}`, 'w', `y${to}`)),
          method.pass(productOf(size, 'w', `z${from}`, `z${to}`)),
        ];
      });
      const last = String(ROOT_ROUNDS % 2);
      return [
        { shader: { path: 'matrix-square-root/trace.wgsl', source: traceShader }, params, workgroups: { x: 1, y: 1, z: 1 } },
        { shader: { path: 'matrix-square-root/start.wgsl', source: startShader }, constants, params, workgroups, bind: { y: 'y0', z: 'z0' } },
        ...rounds.flat(),
        { shader: { path: 'matrix-square-root/finish.wgsl', source: finishShader }, constants, params, workgroups, bind: { y: `y${last}`, z: `z${last}` } },
      ];
    },
  })),
  gradient: { none: 'wassersteinTerm uses the derivative of the trace of the root, which needs the inverse root alone.' },
  samples: [{ size: 1 }, { size: 7 }, { size: 20 }],
  // A random matrix times its transpose, and a ridge: eigenvalues within two orders of magnitude.
  generate: ({ size }, uniform) => {
    const factor = Float64Array.from({ length: size * size }, () => uniform(-1, 1));
    const matrix = Float64Array.from({ length: size * size }, (_, i) => {
      const [row, column] = [Math.floor(i / size), i % size];
      let sum = row === column ? 0.1 * size : 0;
      for (let k = 0; k < size; k++) sum += (factor[row * size + k] ?? 0) * (factor[column * size + k] ?? 0);
      return Math.fround(sum);
    });
    return { matrix };
  },
  // The inverse root magnifies rounding by the condition of the matrix.
  tolerance: () => 2e-4,
});
