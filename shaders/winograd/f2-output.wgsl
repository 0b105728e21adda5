// Winograd output transform Y = Aᵀ m A of F(2×2, 3×3) with the points 0, ±1, ∞, bias and ReLU, for a strip of tile rows.
// products [16, tile_count, 4·channel_vectors], bias [4·channel_vectors] → output [height, width, 4·channel_vectors].
// One invocation computes one 2×2 tile of four channels; pixels outside are not written. Nothing is shared.
// Numerics: f32, additions only. SLOT_i names the plane of `products` that belongs to point i.

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
override HAS_BIAS: u32 = 1;
override RELU: u32 = 1;

@group(0) @binding(0) var<storage, read> products: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

struct Two {
  p0: vec4f,
  p1: vec4f,
}

fn transform(m0: vec4f, m1: vec4f, m2: vec4f, m3: vec4f) -> Two {
  return Two(m0 + m1 + m2, m1 - m2 + m3);
}

fn load_column(at: u32, plane: u32, column: u32) -> Two {
  let start = at + column * plane;
  return transform(
    products[start + SLOT_0 * 4u * plane],
    products[start + SLOT_1 * 4u * plane],
    products[start + SLOT_2 * 4u * plane],
    products[start + SLOT_3 * 4u * plane],
  );
}

fn store(y: u32, x: u32, c: u32, start: vec4f, value: vec4f) {
  if (y < params.height && x < params.width) {
    let sum = value + start;
    output[(y * params.width + x) * params.channel_vectors + c] = select(sum, max(sum, vec4f()), RELU == 1u);
  }
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
  let y = (params.first_tile_row + tile / params.tiles_per_row) * 2u;
  let x = (tile % params.tiles_per_row) * 2u;
  let c0 = load_column(i, plane, SLOT_0);
  let c1 = load_column(i, plane, SLOT_1);
  let c2 = load_column(i, plane, SLOT_2);
  let c3 = load_column(i, plane, SLOT_3);
  var start = vec4f();
  if (HAS_BIAS == 1u) {
    start = bias[c];
  }
  let top = transform(c0.p0, c1.p0, c2.p0, c3.p0);
  let bottom = transform(c0.p1, c1.p1, c2.p1, c3.p1);
  store(y, x, c, start, top.p0);
  store(y, x + 1u, c, start, top.p1);
  store(y + 1u, x, c, start, bottom.p0);
  store(y + 1u, x + 1u, c, start, bottom.p1);
}
