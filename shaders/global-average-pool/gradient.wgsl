// Gradient of the mean over pixels: inputGradient [batch, pixels, channels] = gradient [batch, channels] / pixels.
// One invocation computes one value; neighbouring ones lie along the channels. Nothing is shared. Numerics: f32.

struct Params {
  count: u32, // batch * pixels * channels
  pixels: u32,
  channels: u32,
  inverse_pixels: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> inputGradient: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let image = i / (params.pixels * params.channels);
  inputGradient[i] = gradient[image * params.channels + i % params.channels] * params.inverse_pixels;
}
