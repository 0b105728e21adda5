// Turns the filter of a 3×3 convolution into the filter of its gradient to the input: rotated by 180°, input and output
// channels exchanged. weights [3, 3, IN_CHANNELS, OUT_CHANNELS] → rotatedWeights [3, 3, OUT_CHANNELS, IN_CHANNELS].
// One invocation moves one number. Nothing is shared. Numerics: exact.

override WORKGROUP: u32 = 64;
override IN_CHANNELS: u32 = 3;
override OUT_CHANNELS: u32 = 3;

@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read_write> rotatedWeights: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  let plane = IN_CHANNELS * OUT_CHANNELS;
  if (i >= 9u * plane) {
    return;
  }
  let tap = i / plane;
  let out_channel = (i % plane) / IN_CHANNELS;
  let in_channel = i % IN_CHANNELS;
  rotatedWeights[i] = weights[(8u - tap) * plane + in_channel * OUT_CHANNELS + out_channel];
}
