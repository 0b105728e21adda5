// Winograd output transform Y = Aᵀ m A of F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞, bias and ReLU, for a strip of tile
// rows, that also remembers where the ReLU lets gradients through.
// products [36, tile_count, 4·channel_vectors], bias [4·channel_vectors] → output [height, width, 4·channel_vectors] and
// gate [⌈height/4⌉, ⌈width/4⌉, channel_vectors, 2]: words for rows 0–1 and 2–3 of a 4×4 block, bit (row & 1)·16 + column·4 + channel.
// One invocation computes one 4×4 tile of four channels and its two words; pixels outside are not written and their bits 0.
// Nothing is shared. Numerics: f32.

struct Params {
  height: u32,
  width: u32,
  channel_vectors: u32,
  tiles_per_row: u32,
  first_tile_row: u32,
  tile_count: u32,
}

override WORKGROUP: u32 = 64;

const ROOT_2: f32 = 1.4142135623730951;
const ROOT_HALF: f32 = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> products: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gate: array<u32>;
@group(0) @binding(4) var<uniform> params: Params;

struct Four {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

fn transform(m0: vec4f, m1: vec4f, m2: vec4f, m3: vec4f, m4: vec4f, m5: vec4f) -> Four {
  let even1 = m1 + m2;
  let even3 = m3 + m4;
  let odd1 = ROOT_2 * (m1 - m2);
  let odd3 = ROOT_HALF * (m3 - m4);
  return Four(m0 + even1 + even3, odd1 + odd3, 2.0 * even1 + 0.5 * even3, 2.0 * odd1 + 0.5 * odd3 + m5);
}

fn load_column(at: u32, plane: u32, column: u32) -> Four {
  let start = at + column * plane;
  return transform(
    products[start],
    products[start + 6u * plane],
    products[start + 12u * plane],
    products[start + 18u * plane],
    products[start + 24u * plane],
    products[start + 30u * plane],
  );
}

// Writes a pixel; returns its four bits.
fn store(y: u32, x: u32, c: u32, value: vec4f) -> u32 {
  if (y >= params.height || x >= params.width) {
    return 0u;
  }
  output[(y * params.width + x) * params.channel_vectors + c] = max(value, vec4f());
  let bits = select(vec4u(), vec4u(1u, 2u, 4u, 8u), value > vec4f());
  return bits.x | bits.y | bits.z | bits.w;
}

fn store_row(y: u32, x: u32, c: u32, row: Four) -> u32 {
  return store(y, x, c, row.p0) | (store(y, x + 1u, c, row.p1) << 4u) | (store(y, x + 2u, c, row.p2) << 8u) | (store(y, x + 3u, c, row.p3) << 12u);
}

fn with_bias(row: Four, start: vec4f) -> Four {
  return Four(row.p0 + start, row.p1 + start, row.p2 + start, row.p3 + start);
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
  let c0 = load_column(i, plane, 0u);
  let c1 = load_column(i, plane, 1u);
  let c2 = load_column(i, plane, 2u);
  let c3 = load_column(i, plane, 3u);
  let c4 = load_column(i, plane, 4u);
  let c5 = load_column(i, plane, 5u);
  let start = bias[c];
  let row0 = with_bias(transform(c0.p0, c1.p0, c2.p0, c3.p0, c4.p0, c5.p0), start);
  let row1 = with_bias(transform(c0.p1, c1.p1, c2.p1, c3.p1, c4.p1, c5.p1), start);
  let row2 = with_bias(transform(c0.p2, c1.p2, c2.p2, c3.p2, c4.p2, c5.p2), start);
  let row3 = with_bias(transform(c0.p3, c1.p3, c2.p3, c3.p3, c4.p3, c5.p3), start);
  let word = (params.first_tile_row * params.tiles_per_row + tile) * params.channel_vectors + c;
  gate[word * 2u] = store_row(y, x, c, row0) | (store_row(y + 1u, x, c, row1) << 16u);
  gate[word * 2u + 1u] = store_row(y + 2u, x, c, row2) | (store_row(y + 3u, x, c, row3) << 16u);
}
