// Moments of the columns of a feature map [PIXELS, CHANNELS], first pass: partials [slices, 2, CHANNELS].
// One invocation walks every slices-th pixel of one channel and keeps the sum of differences from the first pixel and the sum
// of their squares; the shift keeps the variance from cancelling. Neighbouring invocations lie along the channels.
// Nothing is shared. Numerics: f32, fixed order.

struct Params {
  pixels: u32,
  channels: u32,
  slices: u32,
  rounds: u32, // ceil(pixels / slices)
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.slices * params.channels) {
    return;
  }
  let channel = i % params.channels;
  let slice = i / params.channels;
  let shift = input[channel];
  var sum = 0.0;
  var squares = 0.0;
  for (var round = 0u; round < params.rounds; round++) {
    let pixel = round * params.slices + slice;
    if (pixel < params.pixels) {
      let difference = input[pixel * params.channels + channel] - shift;
      sum += difference;
      squares += difference * difference;
    }
  }
  let at = slice * 2u * params.channels + channel;
  partials[at] = sum;
  partials[at + params.channels] = squares;
}
