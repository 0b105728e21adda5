// 2×2 maximum pooling with stride 2; odd last rows and columns are dropped.
// input [height, width, channels] → output [height / 2, width / 2, channels], rounded down.
// One invocation computes one output element. Nothing is shared. Numerics: exact; a NaN is never the larger one.

struct Params {
  width: u32,
  channels: u32,
  out_width: u32,
  count: u32, // output elements
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i >= params.count) {
    return;
  }
  let channel = i % params.channels;
  let cell = i / params.channels;
  let x = (cell % params.out_width) * 2u;
  let y = (cell / params.out_width) * 2u;
  let at = (y * params.width + x) * params.channels + channel;
  let below = at + params.width * params.channels;
  output[i] = max(max(input[at], input[at + params.channels]), max(input[below], input[below + params.channels]));
}
