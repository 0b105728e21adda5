// Gradient of a batch normalisation with batch statistics (and ReLU6), third pass: to the input [pixels, channels].
// inputGradient = gamma / deviation * (g - mean(g) - normalised * mean(g * normalised)), the means over all pixels.
// One invocation computes one value; neighbouring ones lie along the channels. Nothing is shared. Numerics: f32.

struct Params {
  count: u32, // pixels * channels
  channels: u32,
  inverse_pixels: f32,
  epsilon: f32,
}

override WORKGROUP: u32 = 64;
override RELU6: u32 = 0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> moments: array<f32>; // means, then variances
@group(0) @binding(5) var<storage, read> gammaGradient: array<f32>;
@group(0) @binding(6) var<storage, read> betaGradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> inputGradient: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

// The gradient where ReLU6 lets it through.
fn masked(gradient_value: f32, value: f32) -> f32 {
  return select(gradient_value, 0.0, RELU6 == 1u && (value <= 0.0 || value >= 6.0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let deviation = sqrt(moments[params.channels + channel] + params.epsilon);
  let normalised = (input[i] - moments[channel]) / deviation;
  let g = masked(gradient[i], gamma[channel] * normalised + beta[channel]);
  let mean_g = betaGradient[channel] * params.inverse_pixels;
  let mean_product = gammaGradient[channel] * params.inverse_pixels;
  inputGradient[i] = gamma[channel] / deviation * (g - mean_g - normalised * mean_product);
}
