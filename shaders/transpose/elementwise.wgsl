// Transposes a matrix: output [columns, stride] from input [rows, columns]; positions rows … stride - 1 of every output row
// become zero. One invocation writes one value; neighbouring ones read neighbours. Nothing is shared. Exact.

struct Params {
  rows: u32,
  columns: u32,
  stride: u32, // at least rows
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.stride * params.columns) {
    return;
  }
  let row = i / params.columns;
  let column = i % params.columns;
  var value = 0.0;
  if (row < params.rows) {
    value = input[i];
  }
  output[column * params.stride + row] = value;
}
