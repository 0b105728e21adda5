// Gradient of a batch normalisation with batch statistics (and ReLU6), first pass: partials [slices, 2, channels] of the sums of
// g and of g * normalised, g being the incoming gradient where ReLU6 lets it through.
// One invocation walks every slices-th pixel of one channel. Nothing is shared. Numerics: f32, fixed order.

struct Params {
  pixels: u32,
  channels: u32,
  slices: u32,
  rounds: u32, // ceil(pixels / slices)
  epsilon: f32,
}

override WORKGROUP: u32 = 64;
override RELU6: u32 = 0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> moments: array<f32>; // means, then variances
@group(0) @binding(5) var<storage, read_write> partials: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

// The gradient where ReLU6 lets it through.
fn masked(gradient_value: f32, value: f32) -> f32 {
  return select(gradient_value, 0.0, RELU6 == 1u && (value <= 0.0 || value >= 6.0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.slices * params.channels) {
    return;
  }
  let channel = i % params.channels;
  let slice = i / params.channels;
  let center = moments[channel];
  let deviation = sqrt(moments[params.channels + channel] + params.epsilon);
  var sum = 0.0;
  var products = 0.0;
  for (var round = 0u; round < params.rounds; round++) {
    let pixel = round * params.slices + slice;
    if (pixel < params.pixels) {
      let at = pixel * params.channels + channel;
      let normalised = (input[at] - center) / deviation;
      let g = masked(gradient[at], gamma[channel] * normalised + beta[channel]);
      sum += g;
      products += g * normalised;
    }
  }
  let at = slice * 2u * params.channels + channel;
  partials[at] = sum;
  partials[at + params.channels] = products;
}
