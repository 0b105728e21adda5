// First of two passes of the Gram matrix of features [positions, channels]: partial sums of products over slices of
// positions,
// for channel counts that are no multiple of four.
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

@group(0) @binding(0) var<storage, read> features: array<f32>;
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

fn load(position: u32, channels: vec4u) -> vec4f {
  let at = position * params.channels + channels;
  return vec4f(features[at.x], features[at.y], features[at.z], features[at.w]);
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
  let last = vec4u(params.channels - 1u);
  let a_low = min(row * 8u + vec4u(0u, 1u, 2u, 3u), last);
  let a_high = min(row * 8u + vec4u(4u, 5u, 6u, 7u), last);
  let b_low = min(column * 8u + vec4u(0u, 1u, 2u, 3u), last);
  let b_high = min(column * 8u + vec4u(4u, 5u, 6u, 7u), last);
  let first = id.y * SLICE;
  var sums: array<vec4f, 16>; // [8 rows][2 quads of columns]
  for (var k = 0u; k < SLICE; k++) {
    let position = first + k;
    if (position < params.positions) {
      var a: array<vec4f, 2>;
      var b: array<vec4f, 2>;
      a[0] = load(position, a_low);
      a[1] = load(position, a_high);
      b[0] = load(position, b_low);
      b[1] = load(position, b_high);
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
