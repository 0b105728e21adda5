// Gradient of the 3×3 convolution of a picture with stride 2 to its filter, first pass: partial sums.
// input [batch, height, width, 3], gradient [batch, out_height, out_width, OUT_CHANNELS], partials [slices, 27, OUT_CHANNELS].
// One invocation sums one filter position of one input channel × 4 output channels over every slices-th output row; another
// pass adds the slices in a fixed order. Neighbouring invocations lie along the channels. Nothing is shared. Numerics: f32.

struct Params {
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  pad_top: u32,
  pad_left: u32,
  rows: u32, // batch * out_height
  slices: u32,
  rounds: u32, // ceil(rows / slices)
}

override WORKGROUP: u32 = 16;
override OUT_CHANNELS: u32 = 4;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Params;

override OUT_VECTORS: u32 = OUT_CHANNELS / 4u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.slices * 27u * OUT_VECTORS) {
    return;
  }
  let vector = i % OUT_VECTORS;
  let tap = (i / OUT_VECTORS) % 27u;
  let slice = i / (27u * OUT_VECTORS);
  let ky = tap / 9u;
  let kx = (tap / 3u) % 3u;
  let channel = tap % 3u;
  var sum = vec4f();
  for (var round = 0u; round < params.rounds; round++) {
    let row = round * params.slices + slice;
    let padded_row = (row % params.out_height) * 2u + ky;
    if (row < params.rows && padded_row >= params.pad_top && padded_row < params.height + params.pad_top) {
      let row_start = ((row / params.out_height) * params.height + padded_row - params.pad_top) * params.width;
      for (var x = 0u; x < params.out_width; x++) {
        let padded_column = x * 2u + kx;
        if (padded_column >= params.pad_left && padded_column < params.width + params.pad_left) {
          let value = input[(row_start + padded_column - params.pad_left) * 3u + channel];
          sum += value * gradient[(row * params.out_width + x) * OUT_VECTORS + vector];
        }
      }
    }
  }
  partials[i] = sum;
}
