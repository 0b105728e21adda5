// First of two passes of the Gram matrix of features [positions, channels]: partial sums of products over slices of
// positions, four channels a load.
// One invocation computes an 8x8 tile of the upper triangle of tiles for one slice of SLICE positions, in registers, and
// writes it to `partials` [slice][tile][8 rows][8 columns]. Tiles are numbered column by column: tile (row, column), row
// <= column, is column * (column + 1) / 2 + row. Channels past the last repeat the last; the second pass drops them.
// A workgroup is WORKGROUP neighbouring tiles of one slice; nothing is shared.
// Numerics: f32, at most SLICE terms in a row per sum, the slices are added by the second pass in index order.

struct Params {
  positions: u32,
  channels: u32,
}

override WORKGROUP: u32 = 16;
override SLICE: u32 = 1024;

@group(0) @binding(0) var<storage, read> features: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

// Tile column of a number in the upper triangle: the inverse of column * (column + 1) / 2, corrected where the root was rounded.
fn triangle_column(tile: u32) -> u32 {
  let guess = u32((sqrt(8.0 * f32(tile) + 1.0) - 1.0) * 0.5);
  if (guess * (guess + 1u) / 2u > tile) {
    return guess - 1u;
  }
  return select(guess, guess + 1u, (guess + 1u) * (guess + 2u) / 2u <= tile);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let tiles = (params.channels + 7u) / 8u;
  let count = tiles * (tiles + 1u) / 2u;
  let tile = id.x;
  if (tile >= count) {
    return;
  }
  let column = triangle_column(tile);
  let row = tile - column * (column + 1u) / 2u;
  let quads = params.channels / 4u;
  let a_low = min(row * 2u, quads - 1u);
  let a_high = min(row * 2u + 1u, quads - 1u);
  let b_low = min(column * 2u, quads - 1u);
  let b_high = min(column * 2u + 1u, quads - 1u);
  let first = id.y * SLICE;
  var sums: array<vec4f, 16>; // [8 rows][2 quads of columns]
  for (var k = 0u; k < SLICE; k++) {
    let position = first + k;
    if (position < params.positions) {
      var a: array<vec4f, 2>;
      var b: array<vec4f, 2>;
      let at = position * quads;
      a[0] = features[at + a_low];
      a[1] = features[at + a_high];
      b[0] = features[at + b_low];
      b[1] = features[at + b_high];
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        sums[i * 2u] += a[i / 4u][i % 4u] * b[0];
        sums[i * 2u + 1u] += a[i / 4u][i % 4u] * b[1];
      }
    }
  }
  let base = (id.y * count + tile) * 16u;
  // @unroll
  for (var i = 0u; i < 16u; i++) {
    partials[base + i] = sums[i];
  }
}
