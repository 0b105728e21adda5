// First of two passes of the Gram matrix of features [positions, channels], channels a multiple of four: partial sums of
// products over slices of positions.
// A workgroup of 8x8 invocations computes a 64x64 block of the upper triangle of blocks for one slice of SLICE positions.
// It shares DEPTH positions at a time of the block's rows and columns in workgroup memory. One invocation computes 8 rows
// and two quads of columns (its own and the one 8 quads further, so that neighbours read neighbouring words) in registers.
// It writes to `partials` [slice][tile][8 rows][8 columns], 8x8 tiles numbered column by column: tile (row, column), row
// <= column, is column * (column + 1) / 2 + row. Channels past the last repeat the last; the second pass drops them.
// Numerics: f32, at most SLICE terms in a row per sum, the slices are added by the second pass in index order.

struct Params {
  positions: u32,
  channels: u32,
}

override SLICE: u32 = 1024;
const DEPTH: u32 = 16u;

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> block_rows: array<vec4f, DEPTH * 16u>; // [position][quad of channels]
var<workgroup> block_columns: array<vec4f, DEPTH * 16u>;

// Tile column of a number in the upper triangle: the inverse of column * (column + 1) / 2, corrected where the root was rounded.
fn triangle_column(tile: u32) -> u32 {
  let guess = u32((sqrt(8.0 * f32(tile) + 1.0) - 1.0) * 0.5);
  if (guess * (guess + 1u) / 2u > tile) {
    return guess - 1u;
  }
  return select(guess, guess + 1u, (guess + 1u) * (guess + 2u) / 2u <= tile);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let tiles = (params.channels + 7u) / 8u;
  let quads = params.channels / 4u;
  let block_column = triangle_column(workgroup.x);
  let block_row = workgroup.x - block_column * (block_column + 1u) / 2u;
  let first = workgroup.y * SLICE;
  let end = min(first + SLICE, params.positions);
  let own_row = local / 8u;
  let own_column = local % 8u;
  let load_quad = local % 16u;
  let load_position = local / 16u;
  let row_quad = min(block_row * 16u + load_quad, quads - 1u);
  let column_quad = min(block_column * 16u + load_quad, quads - 1u);
  var sums: array<vec4f, 16>; // [8 rows][2 quads of columns]
  for (var step = 0u; step < (SLICE + DEPTH - 1u) / DEPTH; step++) {
    workgroupBarrier();
    for (var i = 0u; i < DEPTH / 4u; i++) {
      let position = first + step * DEPTH + i * 4u + load_position;
      let at = min(position, params.positions - 1u) * quads;
      let is_inside = position < end;
      block_rows[(i * 4u + load_position) * 16u + load_quad] = select(vec4f(), features[at + row_quad], is_inside);
      block_columns[(i * 4u + load_position) * 16u + load_quad] = select(vec4f(), features[at + column_quad], is_inside);
    }
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      var a: array<vec4f, 2>;
      a[0] = block_rows[k * 16u + own_row * 2u];
      a[1] = block_rows[k * 16u + own_row * 2u + 1u];
      let low = block_columns[k * 16u + own_column];
      let high = block_columns[k * 16u + own_column + 8u];
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        sums[i * 2u] += a[i / 4u][i % 4u] * low;
        sums[i * 2u + 1u] += a[i / 4u][i % 4u] * high;
      }
    }
  }
  let slice_base = workgroup.y * tiles * (tiles + 1u) * 8u;
  let row = block_row * 8u + own_row;
  // @unroll
  for (var half = 0u; half < 2u; half++) {
    let quad = block_column * 16u + own_column + half * 8u;
    let column = quad / 2u;
    if (row <= column && column < tiles) {
      let base = slice_base + (column * (column + 1u) / 2u + row) * 16u + quad % 2u;
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        partials[base + i * 2u] = sums[i * 2u + half];
      }
    }
  }
}
