// Moments of the columns of a feature map, second pass: mean and (biased) variance from partials [slices, 2, CHANNELS],
// one behind the other in `moments`, and the moving averages updated by them. One invocation finishes one channel. Nothing is shared. Numerics: f32.

struct Params {
  channels: u32,
  slices: u32,
  inverse_pixels: f32,
  momentum: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> moments: array<f32>; // means, then variances
@group(0) @binding(3) var<storage, read_write> movingMoments: array<f32>; // means, then variances
@group(0) @binding(4) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (channel >= params.channels) {
    return;
  }
  var sum = 0.0;
  var squares = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) {
    let at = slice * 2u * params.channels + channel;
    sum += partials[at];
    squares += partials[at + params.channels];
  }
  let shifted = sum * params.inverse_pixels;
  let center = input[channel] + shifted;
  let spread = max(squares * params.inverse_pixels - shifted * shifted, 0.0);
  let second = params.channels + channel;
  moments[channel] = center;
  moments[second] = spread;
  movingMoments[channel] = params.momentum * movingMoments[channel] + (1.0 - params.momentum) * center;
  movingMoments[second] = params.momentum * movingMoments[second] + (1.0 - params.momentum) * spread;
}
