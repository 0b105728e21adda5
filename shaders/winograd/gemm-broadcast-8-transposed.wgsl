// Batched matrix product for Winograd: products[z] = tiles[z] · filters[z]ᵀ for every point z (workgroup.z).
// tiles [points, rows, 4·inner_vectors], filters [points, 4·column_vectors, 4·inner_vectors], products [points, rows, 4·column_vectors].
// For subgroups of 8. One invocation computes ROWS rows × COLUMNS vec4 columns. The lanes of a subgroup lie along the
// rows; each loads one of the four `filters` rows that make a vec4 column, the upper four lanes for
// the next four inner numbers, and subgroupBroadcast hands it to the others, so that every
// number is loaded once a subgroup. Rows and columns past the end repeat the last one and are not written. No barriers.
// Numerics: f32, summed in the order of the inner dimension, a product at a time. inner_vectors is even.
enable subgroups;

struct Params {
  rows: u32,
  inner_vectors: u32,
  column_vectors: u32,
}

override WORKGROUP: u32 = 8;
const ROWS: u32 = 2u;
const COLUMNS: u32 = 4u;

@group(0) @binding(0) var<storage, read> tiles: array<vec4f>;
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32, @builtin(subgroup_invocation_id) sublane: u32) {
  let z = workgroup.z;
  let row0 = (workgroup.x * WORKGROUP + lane) * ROWS;
  let column0 = workgroup.y * COLUMNS;
  var sum: array<vec4f, ROWS * COLUMNS>;
  var start: array<u32, ROWS>;
  var column: array<u32, COLUMNS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    start[i] = (z * params.rows + min(row0 + i, params.rows - 1u)) * params.inner_vectors;
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    column[j] = ((z * params.column_vectors + min(column0 + j, params.column_vectors - 1u)) * 4u + (sublane & 3u)) * params.inner_vectors + (sublane >> 2u);
  }
  for (var k = 0u; k < params.inner_vectors / 2u; k++) {
    var a: array<vec4f, ROWS>;
    var a_next: array<vec4f, ROWS>;
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      a[i] = tiles[start[i] + k * 2u];
      a_next[i] = tiles[start[i] + k * 2u + 1u];
    }
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      let own = filters[column[j] + k * 2u];
      let b0 = subgroupBroadcast(own, 0u);
      let b1 = subgroupBroadcast(own, 1u);
      let b2 = subgroupBroadcast(own, 2u);
      let b3 = subgroupBroadcast(own, 3u);
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        sum[i * COLUMNS + j] += a[i].x * vec4f(b0.x, b1.x, b2.x, b3.x);
        sum[i * COLUMNS + j] += a[i].y * vec4f(b0.y, b1.y, b2.y, b3.y);
        sum[i * COLUMNS + j] += a[i].z * vec4f(b0.z, b1.z, b2.z, b3.z);
        sum[i * COLUMNS + j] += a[i].w * vec4f(b0.w, b1.w, b2.w, b3.w);
      }
      let b4 = subgroupBroadcast(own, 4u);
      let b5 = subgroupBroadcast(own, 5u);
      let b6 = subgroupBroadcast(own, 6u);
      let b7 = subgroupBroadcast(own, 7u);
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        sum[i * COLUMNS + j] += a_next[i].x * vec4f(b4.x, b5.x, b6.x, b7.x);
        sum[i * COLUMNS + j] += a_next[i].y * vec4f(b4.y, b5.y, b6.y, b7.y);
        sum[i * COLUMNS + j] += a_next[i].z * vec4f(b4.z, b5.z, b6.z, b7.z);
        sum[i * COLUMNS + j] += a_next[i].w * vec4f(b4.w, b5.w, b6.w, b7.w);
      }
    }
  }
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      if (row0 + i < params.rows && column0 + j < params.column_vectors) {
        products[(z * params.rows + row0 + i) * params.column_vectors + column0 + j] = sum[i * COLUMNS + j];
      }
    }
  }
}
