// Mean over the pixels of each picture: output [batch, channels] from input [batch, pixels, channels].
// One invocation computes one value; neighbouring ones lie along the channels. Nothing is shared. Numerics: f32, in order.

struct Params {
  batch: u32,
  pixels: u32,
  channels: u32,
  inverse_pixels: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.batch * params.channels) {
    return;
  }
  let start = (i / params.channels) * params.pixels * params.channels + i % params.channels;
  var sum = 0.0;
  for (var pixel = 0u; pixel < params.pixels; pixel++) {
    sum += input[start + pixel * params.channels];
  }
  output[i] = sum * params.inverse_pixels;
}
