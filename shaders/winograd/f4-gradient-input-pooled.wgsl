// Winograd input transform V = Bᵀ d B of F(4×4, 3×3) with the points 0, ±√2, ±√½, ∞, of a gradient behind a ReLU and 2×2 maximum pooling, for a strip
// of tile rows.
// outputGradient [⌊height/2⌋, ⌊width/2⌋, 4·channel_vectors], handed to the pixels where gate lets it through (see f4-output-pool.wgsl), 0 elsewhere → tiles [36, tile_count, 4·channel_vectors].
// One invocation transforms the 6×6 neighbourhood of one 4×4 tile for four channels. Neighbouring invocations take
// neighbouring channels. Nothing is shared. With RELOAD 1 shared rows are read twice, which leaves registers for 8 waves on
// RDNA 2.
// Numerics: f32. SLOT_i names the plane of `tiles` that point i is written to: that of its reciprocal point, so that it
// meets the transformed forward filter.

struct Params {
  height: u32,
  width: u32,
  channel_vectors: u32,
  tiles_per_row: u32,
  first_tile_row: u32,
  tile_count: u32,
}

override WORKGROUP: u32 = 64;
override WRAP: u32 = 0; // 1: beyond an edge lies the other edge; height and width are multiples of 4 then
override RELOAD: u32 = 0;
override SLOT_0: u32 = 5;
override SLOT_1: u32 = 3;
override SLOT_2: u32 = 4;
override SLOT_3: u32 = 1;
override SLOT_4: u32 = 2;
override SLOT_5: u32 = 0;

const ROOT_2: f32 = 1.4142135623730951;
const ROOT_HALF: f32 = 0.7071067811865476;

@group(0) @binding(0) var<storage, read> outputGradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> gate: array<u32>;
@group(0) @binding(2) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

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

// The two words of the block at (row, column), both one too large; 0 outside, or those beyond the other edge.
fn words(row: u32, column: u32, c: u32) -> vec2u {
  if (WRAP == 1u) {
    let rows = params.height / 4u;
    let block = ((row + rows - 1u) % rows) * params.tiles_per_row + (column + params.tiles_per_row - 1u) % params.tiles_per_row;
    let at = (block * params.channel_vectors + c) * 2u;
    return vec2u(gate[at], gate[at + 1u]);
  }
  if (row < 1u || row > (params.height + 3u) / 4u || column < 1u || column > params.tiles_per_row) {
    return vec2u();
  }
  let at = (((row - 1u) * params.tiles_per_row + column - 1u) * params.channel_vectors + c) * 2u;
  return vec2u(gate[at], gate[at + 1u]);
}

// The 24 bits of a patch column: 4 for each of its rows.
struct Bits {
  outer: u32, // rows 0 and 5
  inner: vec2u, // rows 1–2 and 3–4
}

// Bits of column `column` of a block, with the blocks above and below.
fn column_bits(above: vec2u, own: vec2u, below: vec2u, column: u32) -> Bits {
  let shift = column * 4u;
  return Bits(((above.y >> (16u + shift)) & 15u) | (((below.x >> shift) & 15u) << 16u), (own >> vec2u(shift)) & vec2u(0xf000fu));
}

fn keep(value: vec4f, bits: u32) -> vec4f {
  return select(vec4f(), value, (vec4u(bits) & vec4u(1u, 2u, 4u, 8u)) != vec4u());
}

// Four pooled pixels of one column, the rows a tile's neighbourhood meets.
struct Column {
  p0: vec4f,
  p1: vec4f,
  p2: vec4f,
  p3: vec4f,
}

// y and x are one too large, so that they stay unsigned. What lies outside is gated as well.
fn load(y: u32, x: u32, c: u32) -> vec4f {
  if (WRAP == 1u) {
    let columns = params.width / 2u;
    let row = (y + params.height / 2u - 1u) % (params.height / 2u);
    return outputGradient[(row * columns + (x + columns - 1u) % columns) * params.channel_vectors + c];
  }
  if (y >= 1u && y <= params.height / 2u && x >= 1u && x <= params.width / 2u) {
    return outputGradient[((y - 1u) * (params.width / 2u) + x - 1u) * params.channel_vectors + c];
  }
  return vec4f();
}

fn load_pooled(y: u32, x: u32, c: u32) -> Column {
  return Column(load(y, x, c), load(y + 1u, x, c), load(y + 2u, x, c), load(y + 3u, x, c));
}

// A column's rows of one parity: row 0 (or 5) of Bᵀ d, and the two rows of d that rows 1 to 4 need as well.
struct Three {
  outer: vec4f,
  low: vec4f,
  high: vec4f,
}

// A column's two middle pixels: as they are, or read once more where registers are scarcer than reads of a cache.
fn load_again(p: Column, y: u32, x: u32, c: u32) -> Column {
  if (RELOAD == 1u) {
    return Column(vec4f(), load(y + 1u, x, c), load(y + 2u, x, c), vec4f());
  }
  return p;
}

fn gate_even(p: Column, bits: Bits) -> Three {
  let low = keep(p.p1, bits.inner.x >> 16u);
  let high = keep(p.p2, bits.inner.y >> 16u);
  return Three(keep(p.p0, bits.outer) + high - 2.5 * low, low, high);
}

fn gate_odd(p: Column, bits: Bits) -> Three {
  let low = keep(p.p1, bits.inner.x);
  let high = keep(p.p2, bits.inner.y);
  return Three(low + keep(p.p3, bits.outer >> 16u) - 2.5 * high, low, high);
}

// A column's shared rows: as they are, or gated once more.
fn again(rows: Three, low: vec4f, low_bits: u32, high: vec4f, high_bits: u32) -> Three {
  if (RELOAD == 1u) {
    return Three(vec4f(), keep(low, low_bits), keep(high, high_bits));
  }
  return rows;
}

fn inner_column(odd: Three, even: Three, p: Column, bits: Bits) -> Four {
  return inner(
    again(odd, p.p1, bits.inner.x, p.p2, bits.inner.y),
    again(even, p.p1, bits.inner.x >> 16u, p.p2, bits.inner.y >> 16u),
  );
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
  let row = params.first_tile_row + tile / params.tiles_per_row;
  let column = tile % params.tiles_per_row;
  // The blocks above, of and below the tile, at its left, its own and its right column.
  let a0 = words(row, column, c);
  let a1 = words(row, column + 1u, c);
  let a2 = words(row, column + 2u, c);
  let b0 = words(row + 1u, column, c);
  let b1 = words(row + 1u, column + 1u, c);
  let b2 = words(row + 1u, column + 2u, c);
  let d0 = words(row + 2u, column, c);
  let d1 = words(row + 2u, column + 1u, c);
  let d2 = words(row + 2u, column + 2u, c);
  let y = row * 2u;
  let x = column * 2u;
  let left = load_pooled(y, x, c);
  let middle_left = load_pooled(y, x + 1u, c);
  let middle_right = load_pooled(y, x + 2u, c);
  let right = load_pooled(y, x + 3u, c);
  let s0 = column_bits(a0, b0, d0, 3u);
  let s1 = column_bits(a1, b1, d1, 0u);
  let s2 = column_bits(a1, b1, d1, 1u);
  let s3 = column_bits(a1, b1, d1, 2u);
  let s4 = column_bits(a1, b1, d1, 3u);
  let s5 = column_bits(a2, b2, d2, 0u);
  let e0 = gate_even(left, s0);
  let e1 = gate_even(middle_left, s1);
  let e2 = gate_even(middle_left, s2);
  let e3 = gate_even(middle_right, s3);
  let e4 = gate_even(middle_right, s4);
  let e5 = gate_even(right, s5);
  store_row(i, plane, SLOT_0, Six(e0.outer, e1.outer, e2.outer, e3.outer, e4.outer, e5.outer));
  let o0 = gate_odd(left, s0);
  let o1 = gate_odd(middle_left, s1);
  let o2 = gate_odd(middle_left, s2);
  let o3 = gate_odd(middle_right, s3);
  let o4 = gate_odd(middle_right, s4);
  let o5 = gate_odd(right, s5);
  store_row(i, plane, SLOT_5, Six(o0.outer, o1.outer, o2.outer, o3.outer, o4.outer, o5.outer));
  let left_again = load_again(left, y, x, c);
  let middle_left_again = load_again(middle_left, y, x + 1u, c);
  let middle_right_again = load_again(middle_right, y, x + 2u, c);
  let right_again = load_again(right, y, x + 3u, c);
  let c0 = inner_column(o0, e0, left_again, s0);
  let c1 = inner_column(o1, e1, middle_left_again, s1);
  let c2 = inner_column(o2, e2, middle_left_again, s2);
  let c3 = inner_column(o3, e3, middle_right_again, s3);
  let c4 = inner_column(o4, e4, middle_right_again, s4);
  let c5 = inner_column(o5, e5, right_again, s5);
  store_row(i, plane, SLOT_1, Six(c0.p1, c1.p1, c2.p1, c3.p1, c4.p1, c5.p1));
  store_row(i, plane, SLOT_2, Six(c0.p2, c1.p2, c2.p2, c3.p2, c4.p2, c5.p2));
  store_row(i, plane, SLOT_3, Six(c0.p3, c1.p3, c2.p3, c3.p3, c4.p3, c5.p3));
  store_row(i, plane, SLOT_4, Six(c0.p4, c1.p4, c2.p4, c3.p4, c4.p4, c5.p4));
}
