// Batched matrix product for Winograd: products[z] = tiles[z] · filters[z] for every point z (workgroup.z % points).
// tiles [points, rows, 4·inner_vectors], filters [points, 4·inner_vectors, 4·column_vectors], products [points, rows, 4·column_vectors].
// A workgroup of 8×8 computes 64 rows × 64 columns, 16 inner numbers at a time, which it shares through workgroup memory
// (8 KiB): the tile block transposed, so that a vec4 holds four rows, and the filter block as it is read. One invocation
// computes 8 rows (two runs of 4, 32 apart) × 2 vec4 columns (8 apart) in registers.
// Rows, columns and inner numbers past the end count as 0 and are not written. With more than `points` workgroups along z the
// sum is split: workgroup.z / points is the part of the inner dimension, products [parts, points, rows, 4·column_vectors].
// Numerics: f32, summed in the order of the inner dimension.

struct Params {
  rows: u32,
  inner_vectors: u32,
  column_vectors: u32,
  points: u32,
  inner_blocks: u32, // blocks of 16 inner numbers of one part
}

const ROWS: u32 = 8u;

@group(0) @binding(0) var<storage, read> tiles: array<vec4f>;
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> tile_block: array<vec4f, 256>; // [inner 16][row vector 16]
var<workgroup> filter_block: array<vec4f, 256>; // [inner 16][column vector 16]

fn load_tile(z: u32, row: u32, k: u32) -> vec4f {
  if (row < params.rows && k < params.inner_vectors) {
    return tiles[(z * params.rows + row) * params.inner_vectors + k];
  }
  return vec4f();
}

fn load_filter(z: u32, inner: u32, column_vector: u32) -> vec4f {
  if (inner < params.inner_vectors * 4u && column_vector < params.column_vectors) {
    return filters[(z * params.inner_vectors * 4u + inner) * params.column_vectors + column_vector];
  }
  return vec4f();
}

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  let z = workgroup.z % params.points;
  let first_block = (workgroup.z / params.points) * params.inner_blocks;
  let row0 = workgroup.x * 64u;
  let column0 = workgroup.y * 16u; // in vectors
  let vector = index & 15u;
  let part = index >> 4u;
  var sum: array<vec4f, ROWS * 2u>;
  for (var block = 0u; block < params.inner_blocks; block++) {
    let k = (first_block + block) * 4u + part;
    let row = row0 + vector * 4u;
    let tile0 = load_tile(z, row, k);
    let tile1 = load_tile(z, row + 1u, k);
    let tile2 = load_tile(z, row + 2u, k);
    let tile3 = load_tile(z, row + 3u, k);
    let filter0 = load_filter(z, k * 4u, column0 + vector);
    let filter1 = load_filter(z, k * 4u + 1u, column0 + vector);
    let filter2 = load_filter(z, k * 4u + 2u, column0 + vector);
    let filter3 = load_filter(z, k * 4u + 3u, column0 + vector);
    let slot = part * 64u + vector;
    workgroupBarrier();
    tile_block[slot] = vec4f(tile0.x, tile1.x, tile2.x, tile3.x);
    tile_block[slot + 16u] = vec4f(tile0.y, tile1.y, tile2.y, tile3.y);
    tile_block[slot + 32u] = vec4f(tile0.z, tile1.z, tile2.z, tile3.z);
    tile_block[slot + 48u] = vec4f(tile0.w, tile1.w, tile2.w, tile3.w);
    filter_block[slot] = filter0;
    filter_block[slot + 16u] = filter1;
    filter_block[slot + 32u] = filter2;
    filter_block[slot + 48u] = filter3;
    workgroupBarrier();
    for (var inner = 0u; inner < 16u; inner++) {
      let a0 = tile_block[inner * 16u + local.y];
      let a1 = tile_block[inner * 16u + 8u + local.y];
      let b0 = filter_block[inner * 16u + local.x];
      let b1 = filter_block[inner * 16u + 8u + local.x];
      sum[0] += a0.x * b0;
      sum[1] += a0.x * b1;
      sum[2] += a0.y * b0;
      sum[3] += a0.y * b1;
      sum[4] += a0.z * b0;
      sum[5] += a0.z * b1;
      sum[6] += a0.w * b0;
      sum[7] += a0.w * b1;
      sum[8] += a1.x * b0;
      sum[9] += a1.x * b1;
      sum[10] += a1.y * b0;
      sum[11] += a1.y * b1;
      sum[12] += a1.z * b0;
      sum[13] += a1.z * b1;
      sum[14] += a1.w * b0;
      sum[15] += a1.w * b1;
    }
  }
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    let row = row0 + local.y * 4u + (i & 3u) + (i >> 2u) * 32u;
    let column = column0 + local.x;
    let at = (workgroup.z * params.rows + row) * params.column_vectors + column;
    if (row < params.rows && column < params.column_vectors) {
      products[at] = sum[i * 2u];
    }
    if (row < params.rows && column + 8u < params.column_vectors) {
      products[at + 8u] = sum[i * 2u + 1u];
    }
  }
}
