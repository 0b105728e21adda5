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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let tiles = (params.channels + 7u) / 8u;
  let count = tiles * (tiles + 1u) / 2u;
  let tile = id.x;
  if (tile >= count) {
    return;
  }
  // The inverse of column * (column + 1) / 2, corrected where the square root was rounded.
  var column = u32((sqrt(8.0 * f32(tile) + 1.0) - 1.0) * 0.5);
  if (column * (column + 1u) / 2u > tile) {
    column--;
  }
  if ((column + 1u) * (column + 2u) / 2u <= tile) {
    column++;
  }
  let row = tile - column * (column + 1u) / 2u;
  let quads = params.channels / 4u;
  let a0_at = min(row * 2u, quads - 1u);
  let a1_at = min(row * 2u + 1u, quads - 1u);
  let b0_at = min(column * 2u, quads - 1u);
  let b1_at = min(column * 2u + 1u, quads - 1u);
  let first = id.y * SLICE;
  var r0l = vec4f();
  var r0h = vec4f();
  var r1l = vec4f();
  var r1h = vec4f();
  var r2l = vec4f();
  var r2h = vec4f();
  var r3l = vec4f();
  var r3h = vec4f();
  var r4l = vec4f();
  var r4h = vec4f();
  var r5l = vec4f();
  var r5h = vec4f();
  var r6l = vec4f();
  var r6h = vec4f();
  var r7l = vec4f();
  var r7h = vec4f();
  for (var k = 0u; k < SLICE; k++) {
    let position = first + k;
    if (position < params.positions) {
      let at = position * quads;
      let a0 = features[at + a0_at];
      let a1 = features[at + a1_at];
      let b0 = features[at + b0_at];
      let b1 = features[at + b1_at];
      r0l += a0.x * b0;
      r0h += a0.x * b1;
      r1l += a0.y * b0;
      r1h += a0.y * b1;
      r2l += a0.z * b0;
      r2h += a0.z * b1;
      r3l += a0.w * b0;
      r3h += a0.w * b1;
      r4l += a1.x * b0;
      r4h += a1.x * b1;
      r5l += a1.y * b0;
      r5h += a1.y * b1;
      r6l += a1.z * b0;
      r6h += a1.z * b1;
      r7l += a1.w * b0;
      r7h += a1.w * b1;
    }
  }
  let base = (id.y * count + tile) * 16u;
  partials[base + 0u] = r0l;
  partials[base + 1u] = r0h;
  partials[base + 2u] = r1l;
  partials[base + 3u] = r1h;
  partials[base + 4u] = r2l;
  partials[base + 5u] = r2h;
  partials[base + 6u] = r3l;
  partials[base + 7u] = r3h;
  partials[base + 8u] = r4l;
  partials[base + 9u] = r4h;
  partials[base + 10u] = r5l;
  partials[base + 11u] = r5h;
  partials[base + 12u] = r6l;
  partials[base + 13u] = r6h;
  partials[base + 14u] = r7l;
  partials[base + 15u] = r7h;
}
