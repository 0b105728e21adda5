// Batch normalisation of a feature map [pixels, channels] with given mean and variance, optionally with ReLU6.
// One invocation computes one value; neighbouring ones lie along the channels. Nothing is shared. Numerics: f32.

struct Params {
  count: u32, // pixels * channels
  channels: u32,
  epsilon: f32,
}

override WORKGROUP: u32 = 64;
override RELU6: u32 = 0;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read> gamma: array<f32>;
@group(0) @binding(2) var<storage, read> beta: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>; // means, then variances
@group(0) @binding(4) var<storage, read_write> output: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let value = gamma[channel] * ((input[i] - moments[channel]) / sqrt(moments[params.channels + channel] + params.epsilon)) + beta[channel];
  output[i] = select(value, clamp(value, 0.0, 6.0), RELU6 == 1u);
}
