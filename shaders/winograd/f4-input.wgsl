// Winograd input transform V = Bᵀ d B of F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞, for a strip of tile rows.
// input [height, width, 4·channel_vectors] → tiles [36, tile_count, 4·channel_vectors].
// One invocation transforms the 6×6 neighbourhood of one 4×4 tile for four channels; pixels outside are 0, or those beyond the other edge.
// Neighbouring invocations take neighbouring channels. Nothing is shared. With RELOAD 1 shared rows are read twice, which
// leaves registers for 8 waves on RDNA 2.
// Numerics: f32. SLOT_i names the plane of `tiles` that point i is written to: its own for a forward convolution; that
// of its reciprocal point for the gradient, which then meets the transformed forward filter.

struct Params {
  height: u32,
  width: u32,
  channel_vectors: u32,
  tiles_per_row: u32,
  first_tile_row: u32,
  tile_count: u32,
}

override WORKGROUP: u32 = 64;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge
override RELOAD: u32 = 0;
override SLOT_0: u32 = 0;
override SLOT_1: u32 = 1;
override SLOT_2: u32 = 2;
override SLOT_3: u32 = 3;
override SLOT_4: u32 = 4;
override SLOT_5: u32 = 5;

const ROOT_2: f32 = 1.4142135623730951;
const ROOT_HALF: f32 = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

struct Six {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
  p4: vec4f,
  p5: vec4f,
}

fn transform(d: Six) -> Six {
  let even1 = d.p4 - 0.5 * d.p2;
  let odd1 = ROOT_2 * (d.p3 - 0.5 * d.p1);
  let even3 = d.p4 - 2.0 * d.p2;
  let odd3 = ROOT_HALF * (d.p3 - 2.0 * d.p1);
  return Six(d.p0 + d.p4 - 2.5 * d.p2, even1 + odd1, even1 - odd1, even3 + odd3, even3 - odd3, d.p1 + d.p5 - 2.5 * d.p3);
}

// y and x are one too large, so that they stay unsigned.
fn load(y: u32, x: u32, c: u32) -> vec4f {
  if (WRAP == 1u) {
    let row = (y + params.height - 1u) % params.height;
    return input[(row * params.width + (x + params.width - 1u) % params.width) * params.channel_vectors + c];
  }
  if (y >= 1u && y <= params.height && x >= 1u && x <= params.width) {
    return input[((y - 1u) * params.width + x - 1u) * params.channel_vectors + c];
  }
  return vec4f();
}

// A column's rows of one parity: row 0 (or 5) of Bᵀ d, and the two rows of d that rows 1 to 4 need as well.
struct Three {
  outer: vec4f,
  low: vec4f,
  high: vec4f,
}

fn load_even(y: u32, x: u32, c: u32) -> Three {
  let low = load(y + 2u, x, c);
  let high = load(y + 4u, x, c);
  return Three(load(y, x, c) + high - 2.5 * low, low, high);
}

fn load_odd(y: u32, x: u32, c: u32) -> Three {
  let low = load(y + 1u, x, c);
  let high = load(y + 3u, x, c);
  return Three(low + load(y + 5u, x, c) - 2.5 * high, low, high);
}

// An odd column's shared rows: as they are, or read once more where registers are scarcer than reads of a cache.
fn again(odd: Three, y: u32, x: u32, c: u32) -> Three {
  if (RELOAD == 1u) {
    return Three(vec4f(), load(y + 1u, x, c), load(y + 3u, x, c));
  }
  return odd;
}

struct Four {
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
  p4: vec4f,
}

// Rows 1 to 4 of a column of Bᵀ d.
fn inner(odd: Three, even: Three) -> Four {
  let even1 = even.high - 0.5 * even.low;
  let odd1 = ROOT_2 * (odd.high - 0.5 * odd.low);
  let even3 = even.high - 2.0 * even.low;
  let odd3 = ROOT_HALF * (odd.high - 2.0 * odd.low);
  return Four(even1 + odd1, even1 - odd1, even3 + odd3, even3 - odd3);
}

fn store_row(at: u32, plane: u32, row: u32, d: Six) {
  let v = transform(d);
  let start = at + row * 6u * plane;
  tiles[start + SLOT_0 * plane] = v.p0;
  tiles[start + SLOT_1 * plane] = v.p1;
  tiles[start + SLOT_2 * plane] = v.p2;
  tiles[start + SLOT_3 * plane] = v.p3;
  tiles[start + SLOT_4 * plane] = v.p4;
  tiles[start + SLOT_5 * plane] = v.p5;
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
  let e0 = load_even(y, x, c);
  let e1 = load_even(y, x + 1u, c);
  let e2 = load_even(y, x + 2u, c);
  let e3 = load_even(y, x + 3u, c);
  let e4 = load_even(y, x + 4u, c);
  let e5 = load_even(y, x + 5u, c);
  store_row(i, plane, SLOT_0, Six(e0.outer, e1.outer, e2.outer, e3.outer, e4.outer, e5.outer));
  let o0 = load_odd(y, x, c);
  let o1 = load_odd(y, x + 1u, c);
  let o2 = load_odd(y, x + 2u, c);
  let o3 = load_odd(y, x + 3u, c);
  let o4 = load_odd(y, x + 4u, c);
  let o5 = load_odd(y, x + 5u, c);
  store_row(i, plane, SLOT_5, Six(o0.outer, o1.outer, o2.outer, o3.outer, o4.outer, o5.outer));
  let c0 = inner(again(o0, y, x, c), e0);
  let c1 = inner(again(o1, y, x + 1u, c), e1);
  let c2 = inner(again(o2, y, x + 2u, c), e2);
  let c3 = inner(again(o3, y, x + 3u, c), e3);
  let c4 = inner(again(o4, y, x + 4u, c), e4);
  let c5 = inner(again(o5, y, x + 5u, c), e5);
  store_row(i, plane, SLOT_1, Six(c0.p1, c1.p1, c2.p1, c3.p1, c4.p1, c5.p1));
  store_row(i, plane, SLOT_2, Six(c0.p2, c1.p2, c2.p2, c3.p2, c4.p2, c5.p2));
  store_row(i, plane, SLOT_3, Six(c0.p3, c1.p3, c2.p3, c3.p3, c4.p3, c5.p3));
  store_row(i, plane, SLOT_4, Six(c0.p4, c1.p4, c2.p4, c3.p4, c4.p4, c5.p4));
}
