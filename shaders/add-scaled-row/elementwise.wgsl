// Adds one row, weighted, to every row of a matrix, times a factor of each: matrix[r, c] += weight * factors[r] * row[c].
// One invocation changes one element. Nothing is shared. Numerics: f32.

struct Params {
  rows: u32,
  columns: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> row: array<f32>;
@group(0) @binding(1) var<storage, read> factors: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> matrix: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + local;
  if (i >= params.rows * params.columns) {
    return;
  }
  matrix[i] += weight[0] * factors[i / params.columns] * row[i % params.columns];
}
