// Matrix product with bias and ReLU6: output [rows, COLUMNS] = act(a [rows, INNER] * b [B_ROWS, COLUMNS] + bias), for any sizes.
// One invocation computes one value; neighbouring invocations lie along the columns. Nothing is shared.
// Numerics: f32, summed in the order of the inner dimension.

struct Params {
  rows: u32,
}

override WORKGROUP: u32 = 64;
override INNER: u32 = 1; // length of a's rows
override B_ROWS: u32 = 1; // rows of b, at most INNER; a's values beyond them are not read
override COLUMNS: u32 = 1;
override HAS_BIAS: u32 = 0;
override RELU6: u32 = 0;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.rows * COLUMNS) {
    return;
  }
  let column = i % COLUMNS;
  let row = (i / COLUMNS) * INNER;
  var sum = 0.0;
  if (HAS_BIAS == 1u) {
    sum = bias[column];
  }
  for (var k = 0u; k < B_ROWS; k++) {
    sum += a[row + k] * b[k * COLUMNS + column];
  }
  output[i] = select(sum, clamp(sum, 0.0, 6.0), RELU6 == 1u);
}
