// Matrix product with bias and ReLU6: output [rows, COLUMNS] = act(a [rows, INNER] * b [B_ROWS, COLUMNS] + bias).
// A workgroup of 8 × 8 invocations computes 32 rows × 32 columns; it shares 32 × 16 values of a and 16 × 32 values of b at a
// time. One invocation computes 4 rows × 4 columns in 4 vec4 accumulators. Rows and columns past the end read the last
// ones and are not written; past B_ROWS a is zero. Numerics: f32, summed in the order of the inner dimension.

struct Params {
  rows: u32,
  row_tiles: u32, // ceil(rows / 32)
}

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

override STEPS: u32 = (INNER_VECTORS + 3u) / 4u;

var<workgroup> a_tile: array<vec4f, 128>; // [32 rows][4 vectors]
var<workgroup> b_tile: array<vec4f, 128>; // [16 rows][8 vectors]

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  let row0 = (group % params.row_tiles) * 32u;
  let vector0 = (group / params.row_tiles) * 8u;
  let last_row = params.rows - 1u;
  let last_vector = COLUMN_VECTORS - 1u;
  let v = vector0 + local.x;
  var c0 = bias_of(min(v, last_vector));
  var c1 = c0;
  var c2 = c0;
  var c3 = c0;
  for (var step = 0u; step < STEPS; step++) {
    let k0 = step * 4u;
    for (var half = 0u; half < 2u; half++) {
      let slot = half * 64u + lane;
      let k = k0 + slot % 4u;
      var value = vec4f();
      if (k < INNER_VECTORS) {
        value = a[min(row0 + slot / 4u, last_row) * INNER_VECTORS + k];
      }
      a_tile[slot] = value;
      b_tile[slot] = b[min(k0 * 4u + slot / 8u, B_ROWS - 1u) * COLUMN_VECTORS + min(vector0 + slot % 8u, last_vector)];
    }
    workgroupBarrier();
    for (var k = 0u; k < 4u; k++) {
      let b0 = b_tile[k * 32u + local.x];
      let b1 = b_tile[k * 32u + 8u + local.x];
      let b2 = b_tile[k * 32u + 16u + local.x];
      let b3 = b_tile[k * 32u + 24u + local.x];
      let a0 = a_tile[local.y * 16u + 0u + k];
      c0 = b3 * a0.w + (b2 * a0.z + (b1 * a0.y + (b0 * a0.x + c0)));
      let a1 = a_tile[local.y * 16u + 4u + k];
      c1 = b3 * a1.w + (b2 * a1.z + (b1 * a1.y + (b0 * a1.x + c1)));
      let a2 = a_tile[local.y * 16u + 8u + k];
      c2 = b3 * a2.w + (b2 * a2.z + (b1 * a2.y + (b0 * a2.x + c2)));
      let a3 = a_tile[local.y * 16u + 12u + k];
      c3 = b3 * a3.w + (b2 * a3.z + (b1 * a3.y + (b0 * a3.x + c3)));
    }
    workgroupBarrier();
  }
  if (v > last_vector) {
    return;
  }
  let row = row0 + local.y * 4u;
  if (row < params.rows) {
    output[(row) * COLUMN_VECTORS + v] = activate(c0);
  }
  if (row + 1u < params.rows) {
    output[(row + 1u) * COLUMN_VECTORS + v] = activate(c1);
  }
  if (row + 2u < params.rows) {
    output[(row + 2u) * COLUMN_VECTORS + v] = activate(c2);
  }
  if (row + 3u < params.rows) {
    output[(row + 3u) * COLUMN_VECTORS + v] = activate(c3);
  }
}
