// Batched matrix product for Winograd: products[z] = tiles[z] · filters[z]ᵀ for every point z (workgroup.z).
// tiles [points, rows, 4·inner_vectors], filters [points, 4·column_vectors, 4·inner_vectors], products [points, rows, 4·column_vectors].
// One invocation computes ROWS rows × COLUMNS vec4 columns in registers and reads what it needs itself; the 8×8
// invocations of a workgroup lie along columns (x) and rows (y), so that the cache serves what they have in common.
// No workgroup memory, no barriers. Rows and columns past the end repeat the last one and are not written.
// Numerics: f32, summed in the order of the inner dimension.

struct Params {
  rows: u32,
  inner_vectors: u32,
  column_vectors: u32,
}

const ROWS: u32 = 4u;
const COLUMNS: u32 = 2u;

@group(0) @binding(0) var<storage, read> tiles: array<vec4f>;
@group(0) @binding(1) var<storage, read> filters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(8, 8)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let z = workgroup.z;
  let row0 = (workgroup.x * 8u + local.y) * ROWS;
  let column0 = (workgroup.y * 8u + local.x) * COLUMNS;
  var sum: array<vec4f, ROWS * COLUMNS>;
  var start: array<u32, ROWS>;
  var column: array<u32, COLUMNS>;
  // @unroll
  for (var i = 0u; i < ROWS; i++) {
    start[i] = (z * params.rows + min(row0 + i, params.rows - 1u)) * params.inner_vectors;
  }
  // @unroll
  for (var j = 0u; j < COLUMNS; j++) {
    column[j] = (z * params.column_vectors + min(column0 + j, params.column_vectors - 1u)) * 4u * params.inner_vectors;
  }
  for (var k = 0u; k < params.inner_vectors; k++) {
    var a: array<vec4f, ROWS>;
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      a[i] = tiles[start[i] + k];
    }
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      let n0 = filters[column[j] + k];
      let n1 = filters[column[j] + params.inner_vectors + k];
      let n2 = filters[column[j] + 2u * params.inner_vectors + k];
      let n3 = filters[column[j] + 3u * params.inner_vectors + k];
      let b0 = vec4f(n0.x, n1.x, n2.x, n3.x);
      let b1 = vec4f(n0.y, n1.y, n2.y, n3.y);
      let b2 = vec4f(n0.z, n1.z, n2.z, n3.z);
      let b3 = vec4f(n0.w, n1.w, n2.w, n3.w);
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        sum[i * COLUMNS + j] += b0 * a[i].x;
        sum[i * COLUMNS + j] += b1 * a[i].y;
        sum[i * COLUMNS + j] += b2 * a[i].z;
        sum[i * COLUMNS + j] += b3 * a[i].w;
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
