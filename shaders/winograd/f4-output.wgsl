// Winograd output transform Y = Aᵀ m A of F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞, bias and ReLU, for a strip of tile rows.
// products [36, tile_count, 4·channel_vectors], bias [4·channel_vectors] → output [height, width, 4·channel_vectors].
// One invocation computes one 4×4 tile of four channels; pixels outside are not written. Nothing is shared.
// Numerics: f32. SLOT_i names the plane of `products` that belongs to point i, SCALE_1 the factor of the points ±√2 and
// SCALE_3 that of ±√½: 1 for a forward convolution; for the gradient the factors that turn the transformed filter of the
// reciprocal point into that of the filter rotated by 180°.

struct Params {
  height: u32,
  width: u32,
  channel_vectors: u32,
  tiles_per_row: u32,
  first_tile_row: u32,
  tile_count: u32,
}

override WORKGROUP: u32 = 64;
override SLOT_0: u32 = 0;
override SLOT_1: u32 = 1;
override SLOT_2: u32 = 2;
override SLOT_3: u32 = 3;
override SLOT_4: u32 = 4;
override SLOT_5: u32 = 5;
override SCALE_1: f32 = 1.0;
override SCALE_3: f32 = 1.0;
override HAS_BIAS: u32 = 1;
override RELU: u32 = 1;

const ROOT_2: f32 = 1.4142135623730951;
const ROOT_HALF: f32 = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> products: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

struct Four {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

fn transform(m0: vec4f, m1: vec4f, m2: vec4f, m3: vec4f, m4: vec4f, m5: vec4f) -> Four {
  let even1 = SCALE_1 * (m1 + m2);
  let even3 = SCALE_3 * (m3 + m4);
  let odd1 = (SCALE_1 * ROOT_2) * (m1 - m2);
  let odd3 = (SCALE_3 * ROOT_HALF) * (m3 - m4);
  return Four(m0 + even1 + even3, odd1 + odd3, 2.0 * even1 + 0.5 * even3, 2.0 * odd1 + 0.5 * odd3 + m5);
}

fn load_column(at: u32, plane: u32, column: u32) -> Four {
  let start = at + column * plane;
  return transform(
    products[start + SLOT_0 * 6u * plane],
    products[start + SLOT_1 * 6u * plane],
    products[start + SLOT_2 * 6u * plane],
    products[start + SLOT_3 * 6u * plane],
    products[start + SLOT_4 * 6u * plane],
    products[start + SLOT_5 * 6u * plane],
  );
}

fn store(y: u32, x: u32, c: u32, start: vec4f, value: vec4f) {
  if (y < params.height && x < params.width) {
    let sum = value + start;
    output[(y * params.width + x) * params.channel_vectors + c] = select(sum, max(sum, vec4f()), RELU == 1u);
  }
}

fn store_row(y: u32, x: u32, c: u32, start: vec4f, m0: vec4f, m1: vec4f, m2: vec4f, m3: vec4f, m4: vec4f, m5: vec4f) {
  let row = transform(m0, m1, m2, m3, m4, m5);
  store(y, x, c, start, row.p0);
  store(y, x + 1u, c, start, row.p1);
  store(y, x + 2u, c, start, row.p2);
  store(y, x + 3u, c, start, row.p3);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let plane = params.tile_count * params.channel_vectors;
  if (i >= plane) {
    return;
  }
  let c = i % params.channel_vectors;
  let tile = i / params.channel_vectors;
  let y = (params.first_tile_row + tile / params.tiles_per_row) * 4u;
  let x = (tile % params.tiles_per_row) * 4u;
  let c0 = load_column(i, plane, SLOT_0);
  let c1 = load_column(i, plane, SLOT_1);
  let c2 = load_column(i, plane, SLOT_2);
  let c3 = load_column(i, plane, SLOT_3);
  let c4 = load_column(i, plane, SLOT_4);
  let c5 = load_column(i, plane, SLOT_5);
  var start = vec4f();
  if (HAS_BIAS == 1u) {
    start = bias[c];
  }
  store_row(y, x, c, start, c0.p0, c1.p0, c2.p0, c3.p0, c4.p0, c5.p0);
  store_row(y + 1u, x, c, start, c0.p1, c1.p1, c2.p1, c3.p1, c4.p1, c5.p1);
  store_row(y + 2u, x, c, start, c0.p2, c1.p2, c2.p2, c3.p2, c4.p2, c5.p2);
  store_row(y + 3u, x, c, start, c0.p3, c1.p3, c2.p3, c3.p3, c4.p3, c5.p3);
}
