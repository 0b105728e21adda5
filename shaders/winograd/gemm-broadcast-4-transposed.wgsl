// Batched matrix product for Winograd: products[z] = tiles[z] · filters[z]ᵀ for every point z (workgroup.z).
// tiles [points, rows, 4·inner_vectors], filters [points, 4·column_vectors, 4·inner_vectors], products [points, rows, 4·column_vectors].
// For subgroups of 4. One invocation computes ROWS rows × COLUMNS vec4 columns. The lanes of a subgroup lie along the
// rows; each loads one of the four `filters` rows that make a vec4 column, and subgroupBroadcast hands it to the other three, so that every
// number is loaded once a subgroup. Rows and columns past the end repeat the last one and are not written. No barriers.
// Numerics: f32, summed in the order of the inner dimension, four products at a time.
enable subgroups;

struct Params {
  rows: u32,
  inner_vectors: u32,
  column_vectors: u32,
}

override WORKGROUP: u32 = 4;
const ROWS: u32 = 8u;
const COLUMNS: u32 = 8u;

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
    column[j] = ((z * params.column_vectors + min(column0 + j, params.column_vectors - 1u)) * 4u + sublane) * params.inner_vectors;
  }
  for (var k = 0u; k < params.inner_vectors; k++) {
    var a: array<vec4f, ROWS>;
    // @unroll
    for (var i = 0u; i < ROWS; i++) {
      a[i] = tiles[start[i] + k];
    }
    // @unroll
    for (var j = 0u; j < COLUMNS; j++) {
      let own = filters[column[j] + k];
      let b0 = subgroupBroadcast(own, 0u);
      let b1 = subgroupBroadcast(own, 1u);
      let b2 = subgroupBroadcast(own, 2u);
      let b3 = subgroupBroadcast(own, 3u);
      // By component: a long sum then stays in one register on rasterisers that spill every vector.
      // @unroll
      for (var i = 0u; i < ROWS; i++) {
        sum[i * COLUMNS + j].x += b0.x * a[i].x + b0.y * a[i].y + b0.z * a[i].z + b0.w * a[i].w;
        sum[i * COLUMNS + j].y += b1.x * a[i].x + b1.y * a[i].y + b1.z * a[i].z + b1.w * a[i].w;
        sum[i * COLUMNS + j].z += b2.x * a[i].x + b2.y * a[i].y + b2.z * a[i].z + b2.w * a[i].w;
        sum[i * COLUMNS + j].w += b3.x * a[i].x + b3.y * a[i].y + b3.z * a[i].z + b3.w * a[i].w;
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
