/** The matrix product that 1×1 convolutions, dense layers and their gradients all are, in several variants. */
import scalar from '../../../shaders/matmul/scalar.wgsl?raw';
import sharedTile from '../../../shaders/matmul/shared-tile.wgsl?raw';
import subgroupBroadcast from '../../../shaders/matmul/subgroup-broadcast.wgsl?raw';
import vec4Columns from '../../../shaders/matmul/vec4-columns.wgsl?raw';
import transposeElementwise from '../../../shaders/transpose/elementwise.wgsl?raw';
import type { Attributes, Pass, Variant } from '../../engine/contract.js';
import type { DeviceTraits } from '../../engine/device.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';

/** One product output [rows, columns] = act(a [rows, inner] · b [bRows, columns] + bias). */
export interface Product {
  readonly rows: number;
  /** Length of a's rows. Where it exceeds `bRows`, a is zero beyond. */
  readonly inner: number;
  readonly bRows: number;
  readonly columns: number;
  readonly bias: boolean;
  readonly relu6: boolean;
  /** Names of the tensors. Without a bias any input may stand in its place, because it is not read. */
  readonly bind: { readonly a: string; readonly b: string; readonly bias: string; readonly output: string };
}

/** One way to compute a product. */
interface Method {
  readonly id: string;
  readonly summary: string;
  accepts(product: Product, device: DeviceTraits): true | string;
  pass(product: Product): Pass;
}

const WORKGROUP = 16;
const SCALAR_WORKGROUP = 64;

function constantsOf({ inner, bRows, columns, bias, relu6 }: Product): Record<string, number> {
  return { INNER: inner, B_ROWS: bRows, COLUMNS: columns, HAS_BIAS: bias ? 1 : 0, RELU6: relu6 ? 1 : 0 };
}

function inFours({ inner, columns }: Product): true | string {
  return inner % 4 === 0 && columns % 4 === 0 ? true : 'channels are no multiples of 4';
}

/** The methods in order of preference: measured on SwiftShader for software adapters, predicted for GPUs. */
export const METHODS: readonly Method[] = [
  {
    id: 'subgroup-broadcast',
    summary: 'Lanes along the rows, 4 rows × 16 columns each, weights shared by subgroupBroadcast, no workgroup memory; for software adapters.',
    accepts: (product: Product, { features, subgroupMinSize, isSoftware }: DeviceTraits): true | string => {
      if (!features.has('subgroups') || subgroupMinSize < 4) return 'needs subgroups of 4';
      return isSoftware ? inFours(product) : 'made for software adapters';
    },
    pass: (product: Product): Pass => {
      const rowGroups = ceilDiv(product.rows, 4 * WORKGROUP);
      return {
        shader: { path: 'matmul/subgroup-broadcast.wgsl', source: subgroupBroadcast },
        constants: { WORKGROUP, ...constantsOf(product) },
        params: { rows: product.rows, row_groups: rowGroups },
        workgroups: linearWorkgroups(rowGroups * ceilDiv(product.columns, 16)),
        bind: product.bind,
      };
    },
  },
  {
    id: 'vec4-columns',
    summary: 'Lanes along the columns, 8 rows × 4 columns each, no workgroup memory; for software adapters without subgroups.',
    accepts: (product: Product, { isSoftware }: DeviceTraits): true | string => (isSoftware ? inFours(product) : 'made for software adapters'),
    pass: (product: Product): Pass => {
      const tiles = (ceilDiv(product.rows, 8) * product.columns) / 4;
      return {
        shader: { path: 'matmul/vec4-columns.wgsl', source: vec4Columns },
        constants: { WORKGROUP, ...constantsOf(product) },
        params: { rows: product.rows, tiles },
        workgroups: linearWorkgroups(ceilDiv(tiles, WORKGROUP)),
        bind: product.bind,
      };
    },
  },
  {
    id: 'shared-tile',
    summary: 'Workgroups of 8 × 8 share tiles of 32 × 16, 4 × 4 values each; for GPUs (predicted).',
    accepts: inFours,
    pass: (product: Product): Pass => {
      const rowTiles = ceilDiv(product.rows, 32);
      return {
        shader: { path: 'matmul/shared-tile.wgsl', source: sharedTile },
        constants: constantsOf(product),
        params: { rows: product.rows, row_tiles: rowTiles },
        workgroups: linearWorkgroups(rowTiles * ceilDiv(product.columns, 32)),
        bind: product.bind,
      };
    },
  },
  {
    id: 'scalar',
    summary: 'One invocation per value, any sizes.',
    accepts: (): true => true,
    pass: (product: Product): Pass => ({
      shader: { path: 'matmul/scalar.wgsl', source: scalar },
      constants: { WORKGROUP: SCALAR_WORKGROUP, ...constantsOf(product) },
      params: { rows: product.rows },
      workgroups: linearWorkgroups(ceilDiv(product.rows * product.columns, SCALAR_WORKGROUP)),
      bind: product.bind,
    }),
  },
];

/** Transposes [rows, columns] to [columns, stride], zero beyond `rows`. */
export function transposePass(rows: number, columns: number, stride: number, input: string, output: string): Pass {
  return {
    shader: { path: 'transpose/elementwise.wgsl', source: transposeElementwise },
    constants: { WORKGROUP: SCALAR_WORKGROUP },
    params: { rows, columns, stride },
    workgroups: linearWorkgroups(ceilDiv(stride * columns, SCALAR_WORKGROUP)),
    bind: { input, output },
  };
}

/** One variant of a kernel for each method, given how the kernel maps to a product and what comes before it. */
export function productVariants<A extends Attributes>(
  productOf: (attributes: A) => Product,
  before?: { readonly scratch: (attributes: A) => Readonly<Record<string, number>>; readonly passes: (attributes: A) => readonly Pass[] },
): Variant<A>[] {
  return METHODS.map((method) => ({
    id: method.id,
    summary: method.summary,
    accepts: (attributes, device) => method.accepts(productOf(attributes), device),
    ...(before === undefined ? {} : { scratch: before.scratch }),
    passes: (attributes) => [...(before?.passes(attributes) ?? []), method.pass(productOf(attributes))],
  }));
}
