// Winograd input transform V = Bᵀ d B of F(2×2, 3×3) with the points 0, ±1, ∞, for a strip of tile rows.
// input [height, width, 4·channel_vectors] → tiles [16, tile_count, 4·channel_vectors].
// One invocation transforms the 4×4 neighbourhood of one 2×2 tile for four channels; pixels outside are 0, or those beyond the other edge.
// Neighbouring invocations take neighbouring channels. Nothing is shared.
// Numerics: f32, additions only. SLOT_i names the plane of `tiles` that point i is written to: its own for a forward
// convolution; that of its reciprocal point for the gradient, which then meets the transformed forward filter.

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
override SLOT_0: u32 = 0;
override SLOT_1: u32 = 1;
override SLOT_2: u32 = 2;
override SLOT_3: u32 = 3;

@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Params;

struct Four {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

fn transform(d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f) -> Four {
  return Four(d0 - d2, d1 + d2, d2 - d1, d3 - d1);
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

fn load_column(y: u32, x: u32, c: u32) -> Four {
  return transform(load(y, x, c), load(y + 1u, x, c), load(y + 2u, x, c), load(y + 3u, x, c));
}

fn store_row(at: u32, plane: u32, row: u32, d0: vec4f, d1: vec4f, d2: vec4f, d3: vec4f) {
  let v = transform(d0, d1, d2, d3);
  let start = at + row * 4u * plane;
  tiles[start + SLOT_0 * plane] = v.p0;
  tiles[start + SLOT_1 * plane] = v.p1;
  tiles[start + SLOT_2 * plane] = v.p2;
  tiles[start + SLOT_3 * plane] = v.p3;
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
  let c0 = load_column(y, x, c);
  let c1 = load_column(y, x + 1u, c);
  let c2 = load_column(y, x + 2u, c);
  let c3 = load_column(y, x + 3u, c);
  store_row(i, plane, SLOT_0, c0.p0, c1.p0, c2.p0, c3.p0);
  store_row(i, plane, SLOT_1, c0.p1, c1.p1, c2.p1, c3.p1);
  store_row(i, plane, SLOT_2, c0.p2, c1.p2, c2.p2, c3.p2);
  store_row(i, plane, SLOT_3, c0.p3, c1.p3, c2.p3, c3.p3);
}
