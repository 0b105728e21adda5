// The gradient in front of a ReLU, or of a ReLU and 2×2 maximum pooling, from that behind and the bits of where it passes.
// outputGradient [height >> POOLED, width >> POOLED, channels], gate (see from-output.wgsl and max-pool.wgsl) →
// maskedGradient [height, width, channels]. One invocation computes one element. Nothing is shared. Numerics: exact.

struct Params {
  height: u32,
  width: u32,
  channels: u32,
}

override WORKGROUP: u32 = 64;
override POOLED: u32 = 0;

@group(0) @binding(0) var<storage, read> outputGradient: array<f32>;
@group(0) @binding(1) var<storage, read> gate: array<u32>;
@group(0) @binding(2) var<storage, read_write> maskedGradient: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.height * params.width * params.channels) {
    return;
  }
  let channel = i % params.channels;
  let x = (i / params.channels) % params.width;
  let y = i / (params.channels * params.width);
  let groups = (params.channels + 3u) / 4u;
  let block = (y / 4u) * ((params.width + 3u) / 4u) + x / 4u;
  let word = gate[(block * groups + channel / 4u) * 2u + ((y >> 1u) & 1u)];
  var value = 0.0;
  if (((word >> ((y & 1u) * 16u + (x & 3u) * 4u + (channel & 3u))) & 1u) == 1u) {
    value = outputGradient[((y >> POOLED) * (params.width >> POOLED) + (x >> POOLED)) * params.channels + channel];
  }
  maskedGradient[i] = value;
}
