// f32 numbers as half precision, two to a word; what half cannot hold is clamped to its largest number. One invocation writes
// one word. Needs no shader-f16. Numerics: rounded to a neighbouring half.

struct Params {
  count: u32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> input: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<u32>;
@group(0) @binding(2) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(num_workgroups) workgroups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (workgroup.y * workgroups.x + workgroup.x) * WORKGROUP + lane;
  if (i * 2u >= params.count) {
    return;
  }
  var pair = vec2f(input[i * 2u], 0.0);
  if (i * 2u + 1u < params.count) {
    pair.y = input[i * 2u + 1u];
  }
  output[i] = pack2x16float(clamp(pair, vec2f(-65504.0), vec2f(65504.0)));
}
