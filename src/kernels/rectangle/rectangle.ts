import addShader from '../../../shaders/add-rectangle/elementwise.wgsl?raw';
import takeShader from '../../../shaders/take-rectangle/elementwise.wgsl?raw';
import { defineKernel, type Pass, type Shapes, type Values } from '../../engine/contract.js';
import { GramaryeError, requireInteger } from '../../engine/errors.js';
import { ceilDiv, linearWorkgroups } from '../../engine/grid.js';
import { drawValues } from '../../engine/random.js';

/** A map, the part of it that is bound, and the piece. */
export type RectangleAttributes = {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** First element of the map that is bound, and how many are. */
  readonly first: number;
  readonly count: number;
  readonly pieceHeight: number;
  readonly pieceWidth: number;
  readonly shift: number;
};

const WORKGROUP = 64;
const ATTRIBUTES = {
  height: 'rows of the map',
  width: 'columns of the map',
  channels: 'channels',
  first: 'first element of the map that is bound',
  count: 'elements of the map that are bound',
  pieceHeight: 'rows of the piece',
  pieceWidth: 'columns of the piece',
  shift: 'the rectangle is divided by 2 to this power',
};
const SAMPLES: readonly RectangleAttributes[] = [
  { height: 1, width: 1, channels: 1, first: 0, count: 1, pieceHeight: 1, pieceWidth: 1, shift: 0 },
  { height: 7, width: 5, channels: 3, first: 0, count: 105, pieceHeight: 4, pieceWidth: 3, shift: 0 },
  { height: 9, width: 11, channels: 4, first: 0, count: 396, pieceHeight: 9, pieceWidth: 6, shift: 2 },
  { height: 33, width: 17, channels: 3, first: 768, count: 600, pieceHeight: 20, pieceWidth: 13, shift: 0 },
  { height: 40, width: 30, channels: 8, first: 0, count: 9_600, pieceHeight: 31, pieceWidth: 23, shift: 1 },
];

function shapesOf(owner: string, attributes: RectangleAttributes): Shapes {
  const { height, width, channels, first, count, pieceHeight, pieceWidth, shift } = attributes;
  for (const name of ['height', 'width', 'channels', 'count', 'pieceHeight', 'pieceWidth'] as const) requireInteger(owner, name, attributes[name]);
  if (!(Number.isInteger(first) && first >= 0 && first + count <= height * width * channels)) {
    throw new GramaryeError('bad-shape', `${owner}: elements ${String(first)} to ${String(first + count)} are not all in the map.`);
  }
  if (!(Number.isInteger(shift) && shift >= 0 && shift < 32)) throw new GramaryeError('bad-shape', `${owner}: shift is ${String(shift)}.`);
  return { map: [count], rectangle: [4], piece: [pieceHeight, pieceWidth, channels] };
}

/** Calls `visit` with the index in the bound part and in the piece; -1 for what lies beyond the rectangle, undefined for another part. */
function eachElement(attributes: RectangleAttributes, rectangle: Float64Array, visit: (at: number | undefined, inPiece: number) => void): void {
  const { width, channels, first, count, pieceHeight, pieceWidth, shift } = attributes;
  const [top = 0, left = 0, rows = 0, columns = 0] = rectangle.map((value) => Math.floor(value / 2 ** shift));
  for (let y = 0; y < pieceHeight; y++) {
    for (let x = 0; x < pieceWidth; x++) {
      for (let c = 0; c < channels; c++) {
        const at = ((top + y) * width + left + x) * channels + c - first;
        const isBound = at >= 0 && at < count;
        visit(y >= rows || x >= columns ? -1 : isBound ? at : undefined, (y * pieceWidth + x) * channels + c);
      }
    }
  }
}

function elementwise(path: string, source: string, attributes: RectangleAttributes, limit: number): readonly Pass[] {
  const { width, channels, first, count, pieceHeight, pieceWidth, shift } = attributes;
  const pieceCount = pieceHeight * pieceWidth * channels;
  return [
    {
      shader: { path, source },
      constants: { WORKGROUP },
      params: { map_width: width, channels, first, count, piece_width: pieceWidth, piece_count: pieceCount, shift },
      workgroups: linearWorkgroups(ceilDiv(pieceCount, WORKGROUP), limit),
    },
  ];
}

/** A rectangle inside the map, in most draws smaller than the piece. */
function generate(
  { height, width, channels, count, pieceHeight, pieceWidth, shift }: RectangleAttributes,
  uniform: (low: number, high: number) => number,
): Values {
  const below = (end: number): number => Math.min(Math.floor(uniform(0, end)), end - 1);
  const [rows, columns] = [1 + below(Math.min(height, pieceHeight)), 1 + below(Math.min(width, pieceWidth))];
  const [top, left] = [below(height - rows + 1), below(width - columns + 1)];
  return {
    map: drawValues(count, () => uniform(-1, 1)),
    rectangle: Float64Array.of(top, left, rows, columns).map((value) => value * 2 ** shift),
    piece: drawValues(pieceHeight * pieceWidth * channels, () => uniform(-1, 1)),
  };
}

const RECTANGLE = { name: 'rectangle', dtype: 'u32', summary: 'top, left, rows, columns, before they are shifted [4]' } as const;

/** Takes a rectangle out of a map. */
export const takeRectangle = defineKernel<RectangleAttributes>({
  name: 'takeRectangle',
  summary: 'A rectangle of a map or image, of which part may be bound, as a piece of its own; zero beyond the rectangle.',
  formula: 'piece[y, x] = map[top + y, left + x] for y < rows, x < columns, else 0; elements of another part stay',
  source: 'By definition; tiles of a picture and the features that they own.',
  inputs: [{ name: 'map', dtype: 'f32', summary: 'elements first to first + count of a map [height, width, channels]' }, RECTANGLE],
  outputs: [{ name: 'piece', dtype: 'f32', summary: 'piece [pieceHeight, pieceWidth, channels]', inPlace: true }],
  half: ['map', 'piece'],
  attributes: ATTRIBUTES,
  shapes: (attributes) => shapesOf('takeRectangle', attributes),
  reference: (attributes, { map = new Float64Array(), rectangle = new Float64Array(), piece: before = new Float64Array() }) => {
    const piece = Float64Array.from(before);
    eachElement(attributes, rectangle, (at, inPiece) => {
      if (at !== undefined) piece[inPiece] = at < 0 ? 0 : (map[at] ?? NaN);
    });
    return { piece };
  },
  cost: ({ pieceHeight, pieceWidth, channels }) => ({ flops: 0, bytes: 8 * pieceHeight * pieceWidth * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element of the piece.',
      accepts: () => true,
      passes: (attributes, device) => elementwise('take-rectangle/elementwise.wgsl', takeShader, attributes, device.limits.maxComputeWorkgroupsPerDimension),
    },
  ],
  gradient: { kernel: 'addRectangle', summary: 'The gradient of the piece, added to that of the map.' },
  samples: SAMPLES,
  generate,
});

/** Adds a piece to a rectangle of a map. */
export const addRectangle = defineKernel<RectangleAttributes>({
  name: 'addRectangle',
  summary: 'A piece added to a rectangle of a map or image, of which part may be bound.',
  formula: 'map[top + y, left + x] += piece[y, x] for y < rows, x < columns',
  source: 'By definition; the gradient of takeRectangle.',
  inputs: [{ name: 'piece', dtype: 'f32', summary: 'piece [pieceHeight, pieceWidth, channels]' }, RECTANGLE],
  outputs: [{ name: 'map', dtype: 'f32', summary: 'elements first to first + count of a map [height, width, channels]', inPlace: true }],
  half: ['map', 'piece'],
  attributes: ATTRIBUTES,
  shapes: (attributes) => shapesOf('addRectangle', attributes),
  reference: (attributes, { map: before = new Float64Array(), rectangle = new Float64Array(), piece = new Float64Array() }) => {
    const map = Float64Array.from(before);
    eachElement(attributes, rectangle, (at, inPiece) => {
      if (at !== undefined && at >= 0) map[at] = (map[at] ?? NaN) + (piece[inPiece] ?? NaN);
    });
    return { map };
  },
  cost: ({ pieceHeight, pieceWidth, channels }) => ({ flops: pieceHeight * pieceWidth * channels, bytes: 12 * pieceHeight * pieceWidth * channels }),
  variants: [
    {
      id: 'elementwise',
      summary: 'One invocation per element of the piece.',
      accepts: () => true,
      passes: (attributes, device) => elementwise('add-rectangle/elementwise.wgsl', addShader, attributes, device.limits.maxComputeWorkgroupsPerDimension),
    },
  ],
  gradient: { none: 'It adds gradients.' },
  samples: SAMPLES,
  generate,
});
