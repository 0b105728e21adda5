// Sums of the columns of a matrix [rows, columns], first pass: partials [slices, columns].
// One invocation sums every slices-th row of one column; neighbouring ones lie along the columns. With one slice the result
// is the whole sum. Nothing is shared. Numerics: f32, fixed order, so the same bits every time.

struct Params {
  rows: u32,
  columns: u32,
  slices: u32,
  rounds: u32, // ceil(rows / slices)
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.slices * params.columns) {
    return;
  }
  let column = i % params.columns;
  let slice = i / params.columns;
  var sum = 0.0;
  for (var round = 0u; round < params.rounds; round++) {
    let row = round * params.slices + slice;
    if (row < params.rows) {
      sum += input[row * params.columns + column];
    }
  }
  output[i] = sum;
}
