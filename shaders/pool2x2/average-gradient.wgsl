// Gradient of 2×2 average pooling: each element of a window receives a quarter of its gradient, the dropped odd edges 0.
// outputGradient [height / 2, width / 2, channels] → inputGradient [height, width, channels].
// One invocation writes one element of inputGradient. Nothing is shared. Numerics: exact.

struct Params {
  width: u32,
  channels: u32,
  out_height: u32,
  out_width: u32,
  count: u32, // elements of inputGradient
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> outputGradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> inputGradient: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let pixel = i / params.channels;
  let x = (pixel % params.width) / 2u;
  let y = (pixel / params.width) / 2u;
  var gradient = 0.0;
  if (x < params.out_width && y < params.out_height) {
    gradient = 0.25 * outputGradient[(y * params.out_width + x) * params.channels + channel];
  }
  inputGradient[i] = gradient;
}
