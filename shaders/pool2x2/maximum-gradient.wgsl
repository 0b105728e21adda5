// Gradient of 2×2 maximum pooling: of each window the first largest element in row order receives the gradient, all
// others and the dropped odd edges receive 0.
// input [height, width, channels], outputGradient [height / 2, width / 2, channels] → inputGradient [height, width, channels].
// One invocation writes the up to 4 elements of one window of one channel, windows cut off by the edge included.
// Nothing is shared. Numerics: exact; a NaN is never the larger one.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
  cells_per_row: u32, // ceil(width / 2)
  count: u32, // ceil(height / 2) * cells_per_row * channels
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> outputGradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> inputGradient: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let cell = i / params.channels;
  let cell_x = cell % params.cells_per_row;
  let cell_y = cell / params.cells_per_row;
  let has_right = cell_x * 2u + 1u < params.width;
  let has_below = cell_y * 2u + 1u < params.height;
  let at = (cell_y * 2u * params.width + cell_x * 2u) * params.channels + channel;
  let right = at + params.channels;
  let below = at + params.width * params.channels;
  let diagonal = below + params.channels;
  var largest = 4u;
  var gradient = 0.0;
  if (has_right && has_below) {
    gradient = outputGradient[(cell_y * (params.width / 2u) + cell_x) * params.channels + channel];
    largest = 0u;
    var value = input[at];
    if (input[right] > value) {
      value = input[right];
      largest = 1u;
    }
    if (input[below] > value) {
      value = input[below];
      largest = 2u;
    }
    if (input[diagonal] > value) {
      largest = 3u;
    }
  }
  inputGradient[at] = select(0.0, gradient, largest == 0u);
  if (has_right) {
    inputGradient[right] = select(0.0, gradient, largest == 1u);
  }
  if (has_below) {
    inputGradient[below] = select(0.0, gradient, largest == 2u);
    if (has_right) {
      inputGradient[diagonal] = select(0.0, gradient, largest == 3u);
    }
  }
}
