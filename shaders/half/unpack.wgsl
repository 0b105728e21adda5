// Half-precision numbers, two to a word, as f32. One invocation reads one word. Needs no shader-f16. Exact.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<u32>;
@group(0) @binding(1) var<storage, read_write> output: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i * 2u >= params.count) {
    return;
  }
  let pair = unpack2x16float(input[i]);
  output[i * 2u] = pair.x;
  if (i * 2u + 1u < params.count) {
    output[i * 2u + 1u] = pair.y;
  }
}
