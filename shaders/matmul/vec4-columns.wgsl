// Matrix product with bias and ReLU6: output [rows, COLUMNS] = act(a [rows, INNER] * b [B_ROWS, COLUMNS] + bias).
// One invocation computes 8 rows × 4 columns in 8 vec4 accumulators; neighbouring invocations lie along the columns, so they
// read neighbouring vectors of b and the same values of a. Rows past the end repeat the last and are not written.
// Nothing is shared, no barriers. Numerics: f32, summed in the order of the inner dimension.

struct Params {
  rows: u32,
  tiles: u32, // ceil(rows / 8) * COLUMNS / 4
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
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tile = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (tile >= params.tiles) {
    return;
  }
  let v = tile % COLUMN_VECTORS;
  let row = (tile / COLUMN_VECTORS) * 8u;
  let last_row = params.rows - 1u;
  let row0 = min(row, last_row) * INNER_VECTORS;
  let row1 = min(row + 1u, last_row) * INNER_VECTORS;
  let row2 = min(row + 2u, last_row) * INNER_VECTORS;
  let row3 = min(row + 3u, last_row) * INNER_VECTORS;
  let row4 = min(row + 4u, last_row) * INNER_VECTORS;
  let row5 = min(row + 5u, last_row) * INNER_VECTORS;
  let row6 = min(row + 6u, last_row) * INNER_VECTORS;
  let row7 = min(row + 7u, last_row) * INNER_VECTORS;
  var c0 = bias_of(v);
  var c1 = c0;
  var c2 = c0;
  var c3 = c0;
  var c4 = c0;
  var c5 = c0;
  var c6 = c0;
  var c7 = c0;
  for (var k = 0u; k < INNER_VECTORS; k++) {
    let last_b = B_ROWS - 1u;
    let b0 = b[min(k * 4u, last_b) * COLUMN_VECTORS + v];
    let b1 = b[min(k * 4u + 1u, last_b) * COLUMN_VECTORS + v];
    let b2 = b[min(k * 4u + 2u, last_b) * COLUMN_VECTORS + v];
    let b3 = b[min(k * 4u + 3u, last_b) * COLUMN_VECTORS + v];
    let a0 = a[row0 + k];
    c0 = b3 * a0.w + (b2 * a0.z + (b1 * a0.y + (b0 * a0.x + c0)));
    let a1 = a[row1 + k];
    c1 = b3 * a1.w + (b2 * a1.z + (b1 * a1.y + (b0 * a1.x + c1)));
    let a2 = a[row2 + k];
    c2 = b3 * a2.w + (b2 * a2.z + (b1 * a2.y + (b0 * a2.x + c2)));
    let a3 = a[row3 + k];
    c3 = b3 * a3.w + (b2 * a3.z + (b1 * a3.y + (b0 * a3.x + c3)));
    let a4 = a[row4 + k];
    c4 = b3 * a4.w + (b2 * a4.z + (b1 * a4.y + (b0 * a4.x + c4)));
    let a5 = a[row5 + k];
    c5 = b3 * a5.w + (b2 * a5.z + (b1 * a5.y + (b0 * a5.x + c5)));
    let a6 = a[row6 + k];
    c6 = b3 * a6.w + (b2 * a6.z + (b1 * a6.y + (b0 * a6.x + c6)));
    let a7 = a[row7 + k];
    c7 = b3 * a7.w + (b2 * a7.z + (b1 * a7.y + (b0 * a7.x + c7)));
  }
  let at = row * COLUMN_VECTORS + v;
  output[at] = activate(c0);
  if (row + 1u < params.rows) {
    output[at + 1u * COLUMN_VECTORS] = activate(c1);
  }
  if (row + 2u < params.rows) {
    output[at + 2u * COLUMN_VECTORS] = activate(c2);
  }
  if (row + 3u < params.rows) {
    output[at + 3u * COLUMN_VECTORS] = activate(c3);
  }
  if (row + 4u < params.rows) {
    output[at + 4u * COLUMN_VECTORS] = activate(c4);
  }
  if (row + 5u < params.rows) {
    output[at + 5u * COLUMN_VECTORS] = activate(c5);
  }
  if (row + 6u < params.rows) {
    output[at + 6u * COLUMN_VECTORS] = activate(c6);
  }
  if (row + 7u < params.rows) {
    output[at + 7u * COLUMN_VECTORS] = activate(c7);
  }
}
