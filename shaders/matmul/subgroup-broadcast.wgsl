// Matrix product with bias and ReLU6: output [rows, COLUMNS] = act(a [rows, INNER] * b [B_ROWS, COLUMNS] + bias).
// One invocation computes 4 rows × 16 columns in 16 vec4 accumulators; the invocations of a workgroup lie along the rows.
// Each of 4 neighbouring lanes loads one of 4 rows of b, and all lanes get them by subgroupBroadcast, so that software
// adapters load every value of b once per subgroup. Rows and columns past the end repeat the last and are not written.
// No workgroup memory, no barriers. Needs subgroups of at least 4 lanes; every lane stays active until the stores.
// Numerics: f32, summed in the order of the inner dimension.
enable subgroups;

struct Params {
  rows: u32,
  row_groups: u32, // ceil(rows / (4 * WORKGROUP))
}

override WORKGROUP: u32 = 16;
override INNER: u32 = 4; // length of a's rows, a multiple of 4
override B_ROWS: u32 = 4; // rows of b; at most 3 fewer than INNER, and a is zero beyond them
override COLUMNS: u32 = 4; // a multiple of 4
override HAS_BIAS: u32 = 0;
override RELU6: u32 = 0;

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read> bias: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Params;

override INNER_VECTORS: u32 = INNER / 4u;
override COLUMN_VECTORS: u32 = COLUMNS / 4u;

fn bias_of(vector: u32) -> vec4f {
  if (HAS_BIAS == 1u) {
    return bias[vector];
  }
  return vec4f();
}

fn activate(value: vec4f) -> vec4f {
  if (RELU6 == 1u) {
    return clamp(value, vec4f(), vec4f(6.0));
  }
  return value;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let row = ((group % params.row_groups) * WORKGROUP + lane) * 4u;
  let column0 = (group / params.row_groups) * 4u;
  let last_column = COLUMN_VECTORS - 1u;
  let v0 = min(column0, last_column);
  let v1 = min(column0 + 1u, last_column);
  let v2 = min(column0 + 2u, last_column);
  let v3 = min(column0 + 3u, last_column);
  let last_row = params.rows - 1u;
  let row0 = min(row, last_row) * INNER_VECTORS;
  let row1 = min(row + 1u, last_row) * INNER_VECTORS;
  let row2 = min(row + 2u, last_row) * INNER_VECTORS;
  let row3 = min(row + 3u, last_row) * INNER_VECTORS;
  var c00 = bias_of(v0);
  var c01 = bias_of(v1);
  var c02 = bias_of(v2);
  var c03 = bias_of(v3);
  var c10 = c00;
  var c11 = c01;
  var c12 = c02;
  var c13 = c03;
  var c20 = c00;
  var c21 = c01;
  var c22 = c02;
  var c23 = c03;
  var c30 = c00;
  var c31 = c01;
  var c32 = c02;
  var c33 = c03;
  let share = subgroup_lane & 3u;
  for (var k = 0u; k < INNER_VECTORS; k++) {
    let b_row = min(k * 4u + share, B_ROWS - 1u) * COLUMN_VECTORS;
    let mine0 = b[b_row + v0];
    let mine1 = b[b_row + v1];
    let mine2 = b[b_row + v2];
    let mine3 = b[b_row + v3];
    let a0 = a[row0 + k];
    let a1 = a[row1 + k];
    let a2 = a[row2 + k];
    let a3 = a[row3 + k];
    let b00 = subgroupBroadcast(mine0, 0u);
    let b01 = subgroupBroadcast(mine1, 0u);
    let b02 = subgroupBroadcast(mine2, 0u);
    let b03 = subgroupBroadcast(mine3, 0u);
    c00 = b00 * a0.x + c00;
    c01 = b01 * a0.x + c01;
    c02 = b02 * a0.x + c02;
    c03 = b03 * a0.x + c03;
    c10 = b00 * a1.x + c10;
    c11 = b01 * a1.x + c11;
    c12 = b02 * a1.x + c12;
    c13 = b03 * a1.x + c13;
    c20 = b00 * a2.x + c20;
    c21 = b01 * a2.x + c21;
    c22 = b02 * a2.x + c22;
    c23 = b03 * a2.x + c23;
    c30 = b00 * a3.x + c30;
    c31 = b01 * a3.x + c31;
    c32 = b02 * a3.x + c32;
    c33 = b03 * a3.x + c33;
    let b10 = subgroupBroadcast(mine0, 1u);
    let b11 = subgroupBroadcast(mine1, 1u);
    let b12 = subgroupBroadcast(mine2, 1u);
    let b13 = subgroupBroadcast(mine3, 1u);
    c00 = b10 * a0.y + c00;
    c01 = b11 * a0.y + c01;
    c02 = b12 * a0.y + c02;
    c03 = b13 * a0.y + c03;
    c10 = b10 * a1.y + c10;
    c11 = b11 * a1.y + c11;
    c12 = b12 * a1.y + c12;
    c13 = b13 * a1.y + c13;
    c20 = b10 * a2.y + c20;
    c21 = b11 * a2.y + c21;
    c22 = b12 * a2.y + c22;
    c23 = b13 * a2.y + c23;
    c30 = b10 * a3.y + c30;
    c31 = b11 * a3.y + c31;
    c32 = b12 * a3.y + c32;
    c33 = b13 * a3.y + c33;
    let b20 = subgroupBroadcast(mine0, 2u);
    let b21 = subgroupBroadcast(mine1, 2u);
    let b22 = subgroupBroadcast(mine2, 2u);
    let b23 = subgroupBroadcast(mine3, 2u);
    c00 = b20 * a0.z + c00;
    c01 = b21 * a0.z + c01;
    c02 = b22 * a0.z + c02;
    c03 = b23 * a0.z + c03;
    c10 = b20 * a1.z + c10;
    c11 = b21 * a1.z + c11;
    c12 = b22 * a1.z + c12;
    c13 = b23 * a1.z + c13;
    c20 = b20 * a2.z + c20;
    c21 = b21 * a2.z + c21;
    c22 = b22 * a2.z + c22;
    c23 = b23 * a2.z + c23;
    c30 = b20 * a3.z + c30;
    c31 = b21 * a3.z + c31;
    c32 = b22 * a3.z + c32;
    c33 = b23 * a3.z + c33;
    let b30 = subgroupBroadcast(mine0, 3u);
    let b31 = subgroupBroadcast(mine1, 3u);
    let b32 = subgroupBroadcast(mine2, 3u);
    let b33 = subgroupBroadcast(mine3, 3u);
    c00 = b30 * a0.w + c00;
    c01 = b31 * a0.w + c01;
    c02 = b32 * a0.w + c02;
    c03 = b33 * a0.w + c03;
    c10 = b30 * a1.w + c10;
    c11 = b31 * a1.w + c11;
    c12 = b32 * a1.w + c12;
    c13 = b33 * a1.w + c13;
    c20 = b30 * a2.w + c20;
    c21 = b31 * a2.w + c21;
    c22 = b32 * a2.w + c22;
    c23 = b33 * a2.w + c23;
    c30 = b30 * a3.w + c30;
    c31 = b31 * a3.w + c31;
    c32 = b32 * a3.w + c32;
    c33 = b33 * a3.w + c33;
  }
  if (column0 >= COLUMN_VECTORS) {
    return;
  }
  if (row < params.rows) {
    let at = (row) * COLUMN_VECTORS + column0;
    output[at] = activate(c00);
    if (column0 + 1u < COLUMN_VECTORS) {
      output[at + 1u] = activate(c01);
    }
    if (column0 + 2u < COLUMN_VECTORS) {
      output[at + 2u] = activate(c02);
    }
    if (column0 + 3u < COLUMN_VECTORS) {
      output[at + 3u] = activate(c03);
    }
  }
  if (row + 1u < params.rows) {
    let at = (row + 1u) * COLUMN_VECTORS + column0;
    output[at] = activate(c10);
    if (column0 + 1u < COLUMN_VECTORS) {
      output[at + 1u] = activate(c11);
    }
    if (column0 + 2u < COLUMN_VECTORS) {
      output[at + 2u] = activate(c12);
    }
    if (column0 + 3u < COLUMN_VECTORS) {
      output[at + 3u] = activate(c13);
    }
  }
  if (row + 2u < params.rows) {
    let at = (row + 2u) * COLUMN_VECTORS + column0;
    output[at] = activate(c20);
    if (column0 + 1u < COLUMN_VECTORS) {
      output[at + 1u] = activate(c21);
    }
    if (column0 + 2u < COLUMN_VECTORS) {
      output[at + 2u] = activate(c22);
    }
    if (column0 + 3u < COLUMN_VECTORS) {
      output[at + 3u] = activate(c23);
    }
  }
  if (row + 3u < params.rows) {
    let at = (row + 3u) * COLUMN_VECTORS + column0;
    output[at] = activate(c30);
    if (column0 + 1u < COLUMN_VECTORS) {
      output[at + 1u] = activate(c31);
    }
    if (column0 + 2u < COLUMN_VECTORS) {
      output[at + 2u] = activate(c32);
    }
    if (column0 + 3u < COLUMN_VECTORS) {
      output[at + 3u] = activate(c33);
    }
  }
}
