// Gradient of a batch normalisation, second pass: the gradients of beta and gamma from partials [slices, 2, channels].
// One invocation finishes one channel. Nothing is shared. Numerics: f32.

struct Params {
  channels: u32,
  slices: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read_write> gammaGradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> betaGradient: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (channel >= params.channels) {
    return;
  }
  var sum = 0.0;
  var products = 0.0;
  for (var slice = 0u; slice < params.slices; slice++) {
    let at = slice * 2u * params.channels + channel;
    sum += partials[at];
    products += partials[at + params.channels];
  }
  betaGradient[channel] = sum;
  gammaGradient[channel] = products;
}
